package filestore

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
)

// A website is testdata/session.php.
type website struct {
	t       *testing.T
	in      io.WriteCloser
	answers *bufio.Reader
}

func startWebsite(t *testing.T, args ...string) *website {
	t.Helper()
	testserver.Try(t, "php-cli php-symfony-http-foundation", "php", "-r", "require 'Symfony/Component/HttpFoundation/autoload.php';")
	cmd := exec.Command("php", append([]string{"testdata/session.php"}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return &website{t, in, bufio.NewReader(answers)}
}

func (w *website) say(line, want string) {
	w.t.Helper()
	if _, err := fmt.Fprintln(w.in, line); err != nil {
		w.t.Fatal(err)
	}
	if answer, err := w.answers.ReadString('\n'); answer != want+"\n" {
		w.t.Fatalf("PHP answers %q, %v; want %s", answer, err, want)
	}
}

// The files that PHP makes are found, whichever way it is told where.
func TestPHP(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{"a/b", "n/o"} {
		if err := os.MkdirAll(filepath.Join(folder, path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"native", folder}, {"native", "1;" + folder}, {"native", "2;0640;" + folder}, {"symfony", "file://" + folder + "/"}, {"symfony", "file://2;" + folder},
	} {
		var sessions *session.Reader
		var err error
		if args[0] == "symfony" {
			sessions, err = session.Open(args[1], nil)
		} else {
			var store *Store
			store, err = New(args[1], nil)
			sessions = session.New(store, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		w := startWebsite(t, args...)
		for i, id := range []string{"nobody-,0123456789abcdefgh", id} {
			value := fmt.Sprint(args, i)
			w.say(id+" "+fmt.Sprintf("%x", value), "done")
			s, err := sessions.Read(t.Context(), id)
			if err != nil {
				t.Fatalf("%q: %v", args, err)
			}
			if got, _ := s.String("value"); got != fmt.Sprintf("%x", value) {
				t.Errorf("%q: %v", args, s.Values)
			}
			if err := os.RemoveAll(filepath.Join(folder, "sess_"+id)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A request that holds the lock does not delay anybody: if it did, the test
// would not end, for the request waits for the test. Until its end, the session
// is what the request before it has left.
func TestLock(t *testing.T) {
	folder := t.TempDir()
	store, err := New(folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	sessions := session.New(store, nil)
	w := startWebsite(t, "native", folder)
	read := func(want string) {
		t.Helper()
		s, err := sessions.Read(t.Context(), id)
		if want == "" && err != session.ErrNotFound {
			t.Errorf("a session in its first request: %v, %v", s, err)
		}
		if want == "" {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := s.String("value"); got != want {
			t.Errorf("the session has %q; want %q", got, want)
		}
	}
	read("")
	w.say(id+" first hold", "held")
	read("")
	w.say("go", "done")
	read("first")
	w.say(id+" second hold", "held")
	read("first")
	w.say("go", "done")
	read("second")
}
