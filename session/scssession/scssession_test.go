package scssession_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/scssession"
)

// website signs a user in over HTTP, as a real site does, and returns the
// session cookie.
func website(t *testing.T, sm *scs.SessionManager) *http.Cookie {
	t.Helper()
	site := sm.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sm.Put(r.Context(), "user", "alice")
		sm.Put(r.Context(), "roles", []string{"ROLE_USER"})
		sm.Put(r.Context(), "visits", 3)
	}))
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequest("POST", "/login", nil))
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("the site set the cookies %v", cookies)
	}
	return cookies[0]
}

func newManager(t *testing.T) *scs.SessionManager {
	sm := scs.New()
	store := memstore.NewWithCleanupInterval(0)
	sm.Store = store
	return sm
}

func TestRead(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *scs.SessionManager){
		"defaults": func(*testing.T, *scs.SessionManager) {},
		"hashed":   func(_ *testing.T, sm *scs.SessionManager) { sm.HashTokenInStore = true },
		"idle":     func(_ *testing.T, sm *scs.SessionManager) { sm.IdleTimeout = time.Hour },
		"named":    func(_ *testing.T, sm *scs.SessionManager) { sm.Cookie.Name = "mysite" },
		"redis": func(t *testing.T, sm *scs.SessionManager) {
			client := redis.NewClient(&redis.Options{Addr: testserver.Redis(t)})
			t.Cleanup(func() { client.Close() })
			sm.Store = goredisstore.New(client)
		},
	} {
		t.Run(name, func(t *testing.T) {
			sm := newManager(t)
			change(t, sm)
			testRead(t, sm)
		})
	}
}

func testRead(t *testing.T, sm *scs.SessionManager) {
	ctx := t.Context()
	h := scssession.New(sm)
	cookie := website(t, sm)
	id, err := h.Cookie().ID("other=1; " + cookie.Name + "=" + cookie.Value)
	if err != nil || id != cookie.Value {
		t.Fatalf("Cookie().ID: %q, %v", id, err)
	}
	s, err := h.Read(ctx, id)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	user, _ := s.String("user")
	roles, _ := s.Values["roles"].([]string)
	if s.ID != id || user != "alice" || !slices.Equal(roles, []string{"ROLE_USER"}) || s.Values["visits"] != 3 {
		t.Errorf("Read: %v", s.Values)
	}

	// A token that the site never gave is no session, and reading it makes none.
	unknown := cookie.Value[:len(cookie.Value)-1] + "x"
	for range 2 {
		if _, err := h.Read(ctx, unknown); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Read of an unknown token: %v; want ErrNotFound", err)
		}
	}

	// Behind the site's own middleware the context holds a session already.
	inner, err := sm.Load(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := h.Read(inner, id); err != nil || s.Values["user"] != "alice" {
		t.Errorf("Read within a request of the site: %v, %v", s, err)
	}

	// The user signs out.
	loaded, err := sm.Load(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := sm.Destroy(loaded); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Read(ctx, id); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Read after signing out: %v; want ErrNotFound", err)
	}
}

func TestExpired(t *testing.T) {
	sm := newManager(t)
	sm.Lifetime = time.Millisecond
	sm.Store = keeper{memstore.NewWithCleanupInterval(0)}
	cookie := website(t, sm)
	time.Sleep(2 * time.Millisecond)
	if _, err := scssession.New(sm).Read(t.Context(), cookie.Value); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Read of a session past its deadline: %v; want ErrNotFound", err)
	}
}

// A keeper does not let sessions expire, as a store without a working clean-up.
type keeper struct{ scs.Store }

func (k keeper) Commit(token string, b []byte, _ time.Time) error {
	return k.Store.Commit(token, b, time.Now().Add(time.Hour))
}

// broken fails, or holds bytes that are no session.
type broken struct {
	scs.Store
	value []byte
	err   error
}

func (b broken) Find(string) ([]byte, bool, error) { return b.value, b.err == nil, b.err }

func TestFailure(t *testing.T) {
	sm := newManager(t)
	sm.Store = broken{err: errors.New("connection refused")}
	h := scssession.New(sm)
	if _, err := h.Read(t.Context(), "x"); err == nil || errors.Is(err, session.ErrNotFound) {
		t.Errorf("Read with the store down: %v; want an error that is no miss", err)
	}
	sm.Store = broken{value: []byte("garbage")}
	if _, err := h.Read(t.Context(), "x"); err == nil || errors.Is(err, session.ErrNotFound) {
		t.Errorf("Read of garbage: %v; want an error that is no miss", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Read(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("Read with a cancelled context: %v", err)
	}
}

// The handler reads what the site's own session manager wrote.
func Example() {
	sessions := scs.New()
	ctx, _ := sessions.Load(context.Background(), "")
	sessions.Put(ctx, "user", "alice") // the website signs alice in
	token, _, err := sessions.Commit(ctx)
	if err != nil {
		log.Fatal(err)
	}

	handler := scssession.New(sessions)
	session, err := handler.Read(context.Background(), token)
	if err != nil {
		log.Fatal(err)
	}
	user, _ := session.String("user")
	fmt.Println(handler.Cookie().Name, user)
	// Output: session alice
}
