package gorillasession_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gorilla/sessions"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/gorillasession"
)

// read returns what the handler reads for a Cookie header.
func read(t testing.TB, h *gorillasession.Handler, header string) (*session.Session, error) {
	t.Helper()
	id, err := h.Cookie().ID(header)
	if err != nil {
		return nil, err
	}
	s, err := h.Read(t.Context(), id)
	if err != nil && len(id) > 20 && strings.Contains(err.Error(), id) {
		t.Fatalf("the error quotes the cookie: %v", err)
	}
	return s, err
}

// signedIn checks that a session is the one of signIn.
func signedIn(t *testing.T, s *session.Session, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
		return
	}
	want := map[string]any{
		"user": "alice", "id": 42, "roles": []string{"ROLE_USER", "ROLE_ADMIN"}, "custom": true,
		"profile": profile{"Alice", 30}, "list": []any{profile{Age: 1}, "x", nil},
	}
	if !reflect.DeepEqual(s.Values, want) || s.ID == "" {
		t.Errorf("%#v", s.Values)
	}
}

// A website with a CookieStore, and another process that knows its keys.
func TestCookieStore(t *testing.T) {
	for name, keys := range map[string][][]byte{"signed": {hashKey}, "encrypted": {hashKey, blockKey}} {
		t.Run(name, func(t *testing.T) {
			b := visit(t, insecure(keys...), "mysite")
			h := gorillasession.New(sessions.NewCookieStore(keys...), "mysite")
			if _, err := read(t, h, b.header()); !errors.Is(err, session.ErrNoCookie) {
				t.Errorf("before signing in: %v", err)
			}
			b.get("/login")
			if b.get("/whoami") != "alice" {
				t.Fatal("the website does not know alice")
			}
			old := b.header()
			s, err := read(t, h, old)
			signedIn(t, s, err)
			b.get("/logout")
			if _, err := read(t, h, b.header()); !errors.Is(err, session.ErrNoCookie) {
				t.Errorf("after signing out: %v", err)
			}
			// The documentation says so.
			s, err = read(t, h, old)
			signedIn(t, s, err)
		})
	}
}

// A website with sessions in files, where signing out is seen.
func TestFilesystemStore(t *testing.T) {
	dir := t.TempDir()
	b := visit(t, sessions.NewFilesystemStore(dir, hashKey, blockKey), "mysite")
	h := gorillasession.New(sessions.NewFilesystemStore(dir, hashKey, blockKey), "mysite")
	b.get("/login")
	header := b.header()
	s, err := read(t, h, header)
	signedIn(t, s, err)

	files, err := filepath.Glob(filepath.Join(dir, "session_*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	before, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	read(t, h, header)
	if after, err := os.Stat(files[0]); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("reading has changed the session: %v", err)
	}

	saved, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], saved[:len(saved)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, h, header); !errors.Is(err, session.ErrUnreadable) {
		t.Errorf("half a file: %v", err)
	}
	if err := errors.Join(os.Remove(files[0]), os.Mkdir(files[0], 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, h, header); err == nil || errors.Is(err, session.ErrNotFound) || strings.Contains(err.Error(), dir) {
		t.Errorf("a file that cannot be read: %v", err)
	}
	if err := errors.Join(os.Remove(files[0]), os.WriteFile(files[0], saved, 0o600)); err != nil {
		t.Fatal(err)
	}
	s, err = read(t, h, header)
	signedIn(t, s, err)
	b.get("/logout")
	for range 2 {
		if _, err := read(t, h, header); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("after signing out: %v", err)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 0 {
		t.Errorf("reading has left %q", files)
	}
}

func TestFixtures(t *testing.T) {
	for file, keys := range map[string][][]byte{
		"gorilla-cookie-encfalse.txt": {hashKey}, "gorilla-cookie-enctrue.txt": {hashKey, blockKey},
	} {
		value, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		header := "sess=" + strings.TrimSpace(string(value))
		store := sessions.NewCookieStore(keys...)
		store.MaxAge(0) // they have aged
		s, err := read(t, gorillasession.New(store, "sess"), header)
		if err != nil || s.Values["userID"] != 42 || s.Values["username"] != "žofie" {
			t.Errorf("%s: %v, %v", file, s, err)
		}
		store.MaxAge(1)
		if _, err := read(t, gorillasession.New(store, "sess"), header); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%s, aged: %v", file, err)
		}
	}
}

func TestForged(t *testing.T) {
	values := map[any]any{"user": "alice"}
	good := encode(t, "s", values, hashKey)
	other := encode(t, "s", map[any]any{"user": "mallory"}, []byte(strings.Repeat("x", 32)))
	h := gorillasession.New(sessions.NewCookieStore(hashKey, nil), "s")
	for name, test := range map[string]struct {
		header string
		want   error
	}{
		"good":               {"s=" + good, nil},
		"nothing":            {"", session.ErrNoCookie},
		"empty":              {"s=", session.ErrNoCookie},
		"another name":       {"t=" + good, session.ErrNoCookie},
		"another key":        {"s=" + other, session.ErrUnreadable},
		"another's name":     {"s=" + encode(t, "t", values, hashKey), session.ErrUnreadable},
		"encrypted":          {"s=" + encode(t, "s", values, hashKey, blockKey), session.ErrUnreadable},
		"no map":             {"s=" + encode(t, "s", "alice", hashKey), session.ErrUnreadable},
		"cut off":            {"s=" + good[:len(good)-4], session.ErrUnreadable},
		"not base64":         {"s=!!!!", session.ErrUnreadable},
		"one letter":         {"s=x", session.ErrUnreadable},
		"changed":            {"s=" + strings.Replace(good, good[4:5], "_", 1), session.ErrUnreadable},
		"a second cookie":    {"s=x%3B%20s=" + good, session.ErrBadCookie},
		"a quotation mark":   {`s="` + good + `"`, session.ErrBadCookie},
		"a line break":       {"s=x%0d%0aX:y", session.ErrBadCookie},
		"a letter":           {"s=ž", session.ErrBadCookie},
		"too long":           {"s=" + strings.Repeat("a", 4097), session.ErrBadCookie},
		"far too long":       {"s=" + strings.Repeat("a", 50_000), session.ErrBadCookie},
		"a name in brackets": {"s[]=" + good, session.ErrNoCookie},
		"the first one":      {"s=x; s=" + good, session.ErrUnreadable},
		"two keys of a text": {"s=" + encode(t, "s", map[any]any{"user": "alice", keyType("user"): "bob"}, hashKey), session.ErrUnreadable},
	} {
		if s, err := read(t, h, test.header); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, %v; want %v", name, s, err, test.want)
		}
	}
}

// A website that has changed its keys still takes cookies of the old ones.
func TestRotation(t *testing.T) {
	fresh := []byte(strings.Repeat("f", 32))
	h := gorillasession.New(sessions.NewCookieStore(fresh, nil, hashKey, blockKey), "s")
	for name, keys := range map[string][][]byte{"old": {hashKey, blockKey}, "new": {fresh}} {
		if s, err := read(t, h, "s="+encode(t, "s", map[any]any{"user": "alice"}, keys...)); err != nil || s.Values["user"] != "alice" {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	// The complaint is that of the keys that fit, whichever place they have.
	cookie := "s=" + encode(t, "s", map[any]any{"user": "alice"}, hashKey)
	for _, keys := range [][][]byte{{hashKey, nil, fresh}, {fresh, nil, hashKey}} {
		store := sessions.NewCookieStore(keys...)
		store.MaxAge(-60) // every cookie is too old
		if _, err := read(t, gorillasession.New(store, "s"), cookie); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("expired: %v", err)
		}
	}
}
