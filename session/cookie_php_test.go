package session_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
)

// PHP itself, asked over HTTP, finds the same id in the same header.
func TestCookieLikePHP(t *testing.T) {
	php := testserver.Lookup(t, "php", "php-cli")
	ask := startPHP(t, php)
	pieces := []string{"NAME", "=", ";", " ", "; ", id, "a%2C" + id, "\"", "%", "%2", "+", "[]", "[a]", "[", "NAME[", "path=/",
		"version=2", "x", "\t", "name", ",", "NAME=" + id, "NAME=" + strings.ToUpper(id), "NAME[]=x", "._", "my.s=" + id, "my s=" + id, "my[s=" + id}
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"PHPSESSID", "my_s", "__Host-s"} {
		c := session.Cookie{Name: name}
		found := 0
		for range 2000 {
			var b strings.Builder
			for range 1 + random.IntN(8) {
				b.WriteString(strings.ReplaceAll(pieces[random.IntN(len(pieces))], "NAME", name))
			}
			header := strings.Trim(b.String(), " \t") // as HTTP does
			got, err := c.ID(header)
			want := ask(name, header)
			// What PHP has but is no id, is none here either.
			if s, ok := want.(string); ok && valid(s) {
				found++
				if got != s {
					t.Errorf("%q: %q, %v; PHP has %q", header, got, err, s)
				}
			} else if err == nil {
				t.Errorf("%q: %q; PHP has %v", header, got, want)
			}
		}
		if found < 50 {
			t.Errorf("PHP found an id in %d headers only", found)
		}
	}
}

func valid(s string) bool {
	_, err := session.Cookie{Name: "s"}.ID("s=" + s)
	return err == nil && !strings.Contains(s, "%")
}

// startPHP returns a function that says what PHP has of a name in $_COOKIE.
func startPHP(t *testing.T, php string) func(name, header string) any {
	dir := t.TempDir()
	script := filepath.Join(dir, "index.php")
	if err := os.WriteFile(script, []byte(`<?php echo json_encode($_COOKIE[substr($_SERVER['REQUEST_URI'], 1)] ?? null, JSON_INVALID_UTF8_SUBSTITUTE);`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	var output bytes.Buffer
	cmd := exec.CommandContext(t.Context(), php, "-n", "-S", addr, script)
	cmd.Stderr, cmd.Stdout = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 200 {
		if nc, err := net.Dial("tcp", addr); err == nil {
			nc.Close()
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	return func(name, header string) (value any) {
		t.Helper()
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		fmt.Fprintf(nc, "GET /%s HTTP/1.0\r\nCookie: %s\r\n\r\n", name, header)
		answer, err := io.ReadAll(nc)
		_, body, ok := bytes.Cut(answer, []byte("\r\n\r\n"))
		if err == nil && ok {
			err = json.Unmarshal(body, &value)
		}
		if err != nil {
			t.Fatalf("%v: %s", err, answer)
		}
		return value
	}
}
