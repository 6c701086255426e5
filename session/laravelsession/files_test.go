package laravelsession_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/laravelsession"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, data string, age time.Duration) {
		t.Helper()
		path := filepath.Join(dir, name)
		when := time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, []byte(data), 0o600), os.Chtimes(path, when, when)); err != nil {
			t.Fatal(err)
		}
	}
	id := func(letter string) string { return strings.Repeat(letter, 40) }
	const data = `a:1:{s:50:"login_web_59ba36addc2b2f9401580f014c7f58ea4e30989d";i:42;}`
	file(id("f"), data, 0)
	file(id("o"), data, 2*time.Hour)
	file(id("e"), "", 0)
	file(id("h"), data[:20], 0)
	file(id("l"), data+strings.Repeat(" ", 300), 0)
	file("short", data, 0)
	file(".gitignore", data, 0)
	if err := os.Mkdir(filepath.Join(dir, id("d")), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, id("y")), filepath.Join(dir, id("y"))); err != nil {
		t.Fatal(err)
	}
	open := func(lifetime time.Duration) *session.Reader {
		return session.New(laravelsession.NewFiles(dir, lifetime), &session.Options{Decode: laravelsession.Decode, MaxBytes: 200})
	}
	ids := []string{id("f"), id("x"), id("o"), id("e"), id("h"), id("l"), id("d"), "short", ".gitignore", "../" + filepath.Base(dir) + "/short", "", id("f")}
	want := []error{nil, session.ErrNotFound, session.ErrNotFound, session.ErrUnreadable, session.ErrUnreadable, session.ErrUnreadable,
		session.ErrNotFound, session.ErrNotFound, session.ErrNotFound, session.ErrNotFound, session.ErrNotFound, nil}
	for i, result := range open(time.Hour).ReadMany(t.Context(), ids) {
		if !errors.Is(result.Err, want[i]) {
			t.Errorf("%.10q: %v; want %v", ids[i], result.Err, want[i])
		}
		if result.Err == nil && result.Session.Values[laravelsession.UserKey("web")] != int64(42) {
			t.Errorf("%.10q: %v", ids[i], result.Session.Values)
		}
	}
	if _, err := open(3*time.Hour).Read(t.Context(), id("o")); err != nil {
		t.Errorf("with a longer lifetime: %v", err)
	}
	if _, err := open(0).Read(t.Context(), id("o")); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("with Laravel's own lifetime, after 2 hours: %v", err)
	}
	_, err := open(0).Read(t.Context(), id("y"))
	if err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) || strings.Contains(err.Error(), id("y")) {
		t.Errorf("a file that cannot be read: %v", err)
	}
	if err := open(0).Close(); err != nil {
		t.Error(err)
	}
}

// Without the folder nothing follows about anybody's session.
func TestFilesWithoutFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	r := session.New(laravelsession.NewFiles(dir, 0), nil)
	if _, err := r.Read(t.Context(), sid); err == nil || errors.Is(err, session.ErrNotFound) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, record := range laravelsession.NewFiles(t.TempDir(), 0).Fetch(ctx, []string{sid, sid}, 100) {
		if !errors.Is(record.Err, context.Canceled) {
			t.Errorf("cancelled: %v", record.Err)
		}
	}
}
