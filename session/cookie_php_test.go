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
	c := session.Cookie{}
	pieces := []string{"PHPSESSID", "=", ";", " ", "; ", id, "a%2C" + id, "\"", "%", "%2", "+", "[]", "[a]", "path=/",
		"version=2", "x", "\t", "phpsessid", ",", "PHPSESSID=" + id, "PHPSESSID=" + strings.ToUpper(id), "._"}
	random := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 3000 {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		header := strings.Trim(b.String(), " \t") // as HTTP does
		got, err := c.ID(header)
		want := ask(header)
		// What PHP has but is no id, is none here either. PHP makes underscores
		// of dots and spaces in names, which no browser sends in this one.
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

func valid(s string) bool {
	_, err := session.Cookie{Name: "s"}.ID("s=" + s)
	return err == nil && !strings.Contains(s, "%")
}

// startPHP returns a function that says what PHP has as $_COOKIE['PHPSESSID'].
func startPHP(t *testing.T, php string) func(header string) any {
	dir := t.TempDir()
	script := filepath.Join(dir, "index.php")
	if err := os.WriteFile(script, []byte(`<?php echo json_encode($_COOKIE['PHPSESSID'] ?? null, JSON_INVALID_UTF8_SUBSTITUTE);`), 0o600); err != nil {
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
	return func(header string) (value any) {
		t.Helper()
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		fmt.Fprintf(nc, "GET / HTTP/1.0\r\nCookie: %s\r\n\r\n", header)
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
