package gorillasession_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/gorillasession"
)

func TestUnknownType(t *testing.T) {
	// As a website of another program would encode its type "site.Profile".
	plain := string(gobOf(t, map[any]any{"profile": profile{Name: "x"}}))
	renamed := strings.Replace(plain, "gorillasession_test.profile", "gorillasession_site.profile", 1)
	if plain == renamed {
		t.Fatalf("the name of the type is not in %q", plain)
	}
	codec := securecookie.New(hashKey, nil).SetSerializer(securecookie.NopEncoder{})
	cookie, err := codec.Encode("s", []byte(renamed))
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range [][][]byte{{hashKey}, {blockKey, nil, hashKey}, {hashKey, nil, blockKey}} {
		h := gorillasession.New(sessions.NewCookieStore(keys...), "s")
		_, err = read(t, h, "s="+cookie)
		if !errors.Is(err, session.ErrUnreadable) || !strings.Contains(err.Error(), "gorillasession_site.profile") {
			t.Errorf("%v; want one that names the type", err)
		}
		if _, err := read(t, h, "s=!!!!"); err == nil || !strings.Contains(err.Error(), "no key fits") {
			t.Errorf("what is no base64: %v", err)
		}
	}
}

// failing is a store that cannot be asked.
type failing struct {
	session *sessions.Session
	err     error
}

func (f failing) Get(*http.Request, string) (*sessions.Session, error) { panic("Get remembers") }
func (f failing) New(*http.Request, string) (*sessions.Session, error) { return f.session, f.err }
func (f failing) Save(*http.Request, http.ResponseWriter, *sessions.Session) error {
	panic("a session was written")
}

func TestFailure(t *testing.T) {
	down := errors.New("connection refused")
	for name, test := range map[string]struct {
		store failing
		want  error
	}{
		"down":              {failing{nil, down}, down},
		"down, and new":     {failing{&sessions.Session{IsNew: true}, down}, down},
		"nothing":           {failing{nil, nil}, session.ErrNotFound},
		"no row":            {failing{nil, fmt.Errorf("store: %w", sql.ErrNoRows)}, session.ErrNotFound},
		"new":               {failing{&sessions.Session{IsNew: true}, nil}, session.ErrNotFound},
		"keys of no use":    {failing{nil, usage(t)}, usage(t)},
		"found, and a fail": {failing{&sessions.Session{Values: map[any]any{"user": "alice"}}, down}, down},
	} {
		s, err := gorillasession.New(test.store, "s").Read(t.Context(), "x")
		if s != nil || err == nil || errors.Is(err, session.ErrNotFound) != (test.want == session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) {
			t.Errorf("%s: %v, %v; want %v", name, s, err, test.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := gorillasession.New(failing{}, "s").Read(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, id := range []string{"", "a; s=b", "a\r\nb", strings.Repeat("a", 5000)} {
		if _, err := gorillasession.New(failing{err: down}, "s").Read(t.Context(), id); !errors.Is(err, session.ErrUnreadable) {
			t.Errorf("%.20q: %v", id, err)
		}
	}
}

// usage is the error of keys that cannot be used.
func usage(t *testing.T) error {
	t.Helper()
	var m map[any]any
	err := securecookie.DecodeMulti("s", "x", &m, securecookie.CodecsFromPairs(nil, []byte("x"))...)
	if err == nil {
		t.Fatal("no keys are good keys")
	}
	return err
}

// The store is asked with the context of whoever asks.
func TestContext(t *testing.T) {
	type key struct{}
	var got *http.Request
	store := recording{&got}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, 5), time.Minute)
	defer cancel()
	gorillasession.New(store, "s").Read(ctx, "x")
	if got == nil || got.Context().Value(key{}) != 5 || got.Header.Get("Cookie") != "s=x" || got.URL == nil || got.Method != "GET" {
		t.Errorf("%+v", got)
	}
}

type recording struct{ got **http.Request }

func (r recording) Get(*http.Request, string) (*sessions.Session, error) { return nil, nil }
func (r recording) New(q *http.Request, name string) (*sessions.Session, error) {
	*r.got = q
	return nil, nil
}
func (r recording) Save(*http.Request, http.ResponseWriter, *sessions.Session) error { return nil }

func TestNew(t *testing.T) {
	for name, f := range map[string]func(){
		"no store":  func() { gorillasession.New(nil, "s") },
		"no name":   func() { gorillasession.New(failing{}, "") },
		"bad name":  func() { gorillasession.New(failing{}, "a=b") },
		"no codecs": func() { gorillasession.Cookie("s") },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "gorillasession: ") {
					t.Errorf("%s: %q", name, text)
				}
			}()
			f()
		}()
	}
}
