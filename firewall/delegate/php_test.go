package delegate_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/delegate"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

const site = `<?php
session_save_path(__DIR__);
session_start();
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
case '/login':
	session_regenerate_id(true);
	$_SESSION['user'] = ['id' => 42, 'roles' => ['ROLE_USER', 'ROLE_ADMIN']];
	break;
case '/logout':
	session_destroy();
	break;
case '/whoami':
	header('Content-Type: application/json');
	header('Cache-Control: no-store');
	echo json_encode(['user' => $_SESSION['user']['id'] ?? null, 'roles' => $_SESSION['user']['roles'] ?? []]);
	break;
case '/guarded':
	if (!isset($_SESSION['user'])) { header('Location: /login'); break; }
	echo json_encode(['user' => 'alice']);
	break;
case '/broken':
	throw new RuntimeException('secret');
}
`

// php serves the site and returns its address.
func php(t *testing.T) string {
	t.Helper()
	program := testserver.Lookup(t, "php", "php-cli")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "site.php"), []byte(site), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-n", "-d", "display_errors=0", "-S", "127.0.0.1:0", filepath.Join(dir, "site.php"))
	cmd.Stderr = out
	err = cmd.Start()
	out.Close()
	if err != nil {
		t.Fatal(err)
	}
	log := bufio.NewReader(lines)
	line, err := log.ReadString('\n')
	drained := make(chan struct{})
	go func() { // it writes a line for each request
		io.Copy(io.Discard, log)
		close(drained)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		<-drained
		lines.Close()
	})
	_, address, ok := strings.Cut(line, "(")
	address, _, ok2 := strings.Cut(address, ")")
	if err != nil || !ok || !ok2 {
		t.Fatalf("php does not say where it listens: %q, %v", line, err)
	}
	return address
}

// get visits a page of the site and returns the session cookie it sets.
func get(t *testing.T, address, cookie string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	for _, c := range response.Cookies() {
		cookie = c.Name + "=" + c.Value
	}
	return cookie
}

// A site of PHP says who its visitors are, before they sign in, after, and after
// they have signed out.
func TestPHP(t *testing.T) {
	address := php(t)
	whoami := open(t, address+"/whoami", &delegate.Options{Cookies: []string{"PHPSESSID"}})
	guarded := open(t, address+"/guarded", nil)

	visitor := get(t, address+"/", "")
	if id, reason := ask(t, whoami, visitor); reason != firewall.ReasonAnonymous {
		t.Errorf("before signing in: %v, %q", id, reason)
	}
	if id, reason := ask(t, guarded, visitor); reason != firewall.ReasonAnonymous {
		t.Errorf("before signing in, behind a redirect: %v, %q", id, reason)
	}
	user := get(t, address+"/login", visitor)
	if user == visitor || !strings.HasPrefix(user, "PHPSESSID=") {
		t.Fatal("the site has not given a session")
	}
	if id, reason := ask(t, whoami, "lang=cs; "+user); reason != "" || id.User != "42" || strings.Join(id.Roles, " ") != "ROLE_USER ROLE_ADMIN" {
		t.Errorf("signed in: %v, %q", id, reason)
	}
	if id, reason := ask(t, guarded, user); reason != "" || id.User != "alice" {
		t.Errorf("signed in, behind a redirect: %v, %q", id, reason)
	}
	if _, reason := ask(t, open(t, address+"/broken", nil), user); reason != firewall.ReasonUnavailable {
		t.Errorf("a page that fails: %q", reason)
	}
	get(t, address+"/logout", user)
	if id, reason := ask(t, whoami, user); reason != firewall.ReasonAnonymous {
		t.Errorf("signed out: %v, %q", id, reason)
	}
	http.DefaultClient.CloseIdleConnections()
}
