//go:build unix

package filestore

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// What is no regular file is not read, and a pipe does not block.
func TestNoFile(t *testing.T) {
	folder := t.TempDir()
	target := save(t, folder, "target", "session")
	for id, create := range map[string]func(path string) error{
		"link":   func(path string) error { return os.Symlink(target, path) },
		"astray": func(path string) error { return os.Symlink("nowhere", path) },
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"socket": func(path string) error {
			l, err := net.Listen("unix", path)
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		},
	} {
		if err := create(filepath.Join(folder, "sess_"+id)); err != nil {
			t.Fatal(err)
		}
		_, err := fetch(t, newStore(t, folder), id)
		if !errors.Is(err, session.ErrUnreadable) || strings.Contains(err.Error(), folder) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// Should a file be replaced by a pipe or a link after it was looked at, opening
// it neither blocks nor follows.
func TestReplaced(t *testing.T) {
	folder := t.TempDir()
	save(t, folder, id, "session")
	pipe, link := filepath.Join(folder, "pipe"), filepath.Join(folder, "link")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink("sess_"+id, link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, link, folder} {
		if f, _, err := open(path); err == nil {
			f.Close()
			t.Errorf("%s is opened", path)
		}
	}
}

// A file that may not be read says nothing about the visitor, and PHP's folders
// need not be readable to find a file in them: Debian's has the mode 1733.
func TestPermission(t *testing.T) {
	folder := t.TempDir()
	for dir := folder; os.Getuid() == 0; dir = filepath.Dir(dir) { // they may be root's alone
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o011 != 0o011 {
			if err := os.Chmod(dir, info.Mode()|0o011); err != nil {
				t.Fatal(err)
			}
		}
		if dir == filepath.Clean(os.TempDir()) {
			break
		}
	}
	good, bad := save(t, folder, "good", "session"), save(t, folder, "bad", "session")
	if err := errors.Join(os.Chmod(good, 0o644), os.Chmod(bad, 0), os.Chmod(folder, 0o733)); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o755)
	asNobody(t, func() {
		if _, err := os.ReadDir(folder); err == nil && os.Getuid() == 0 {
			t.Error("the folder can be read")
		}
		s := newStore(t, folder)
		if data, err := fetch(t, s, "good"); data != "session" {
			t.Errorf("a file in a folder that cannot be read: %q, %v", data, err)
		}
		if _, err := fetch(t, s, "none"); err != session.ErrNotFound {
			t.Errorf("no file: %v", err)
		}
		_, err := fetch(t, s, "bad")
		if err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) || strings.Contains(err.Error(), "bad") || !strings.Contains(err.Error(), "permitted") {
			t.Errorf("a file that may not be read: %v", err)
		}
	})
}

// PHP rewrites files in place while nothing holds up a reader. What is read is
// always one of the sessions that were written, never a part of one or of two,
// unless writing took longer than a moment.
func TestTorn(t *testing.T) {
	folder := t.TempDir()
	w := newWriter(t, save(t, folder, id, "a"))
	s := newStore(t, folder)
	for sessions, last := 0, "a"; sessions < 8; {
		record := s.Fetch(t.Context(), []string{id}, most)[0]
		if record.Err == nil {
			if _, ok := w.written.Load(string(record.Data)); ok {
				if string(record.Data) != last {
					sessions++
				}
				last = string(record.Data)
				continue
			}
			w.stop()
			if w.slowest < moment/2 {
				t.Fatalf("%d bytes are none of the sessions that were written; no write took longer than %v", len(record.Data), w.slowest)
			}
			return // this machine has too much to do
		}
		if !errors.Is(record.Err, session.ErrUnreadable) && record.Err != session.ErrNotFound {
			t.Fatal(record.Err)
		}
	}
	w.stop()
}

// A writer rewrites a file without end, as PHP does, but for some breaks.
type writer struct {
	f           *os.File
	done, ended chan bool
	written     sync.Map // all contents
	slowest     time.Duration
}

func newWriter(t *testing.T, path string) *writer {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{f: f, done: make(chan bool), ended: make(chan bool)}
	w.written.Store("a", true)
	t.Cleanup(w.stop)
	go w.run()
	return w
}

func (w *writer) run() {
	defer close(w.ended)
	contents := make([]string, 50)
	for i := range contents {
		contents[i] = strings.Repeat(string(rune('b'+i)), 1+(i*7919)%100_000)
		w.written.Store(contents[i], true)
	}
	size := 1
	for i := 0; ; i++ {
		content := contents[i%len(contents)]
		start := time.Now()
		if len(content) < size { // ps_files_write
			w.f.Truncate(0)
		}
		w.f.WriteAt([]byte(content), 0)
		w.slowest = max(w.slowest, time.Since(start))
		size = len(content)
		var rest <-chan time.Time
		if i%203 == 0 { // after another content each time
			rest = time.After(2 * moment)
		} else {
			rest = time.After(0)
		}
		select {
		case <-w.done:
			return
		case <-rest:
		}
	}
}

// stop ends the writer, and may be called again.
func (w *writer) stop() {
	select {
	case <-w.ended:
		return
	case w.done <- true:
	}
	<-w.ended
	w.f.Close()
}
