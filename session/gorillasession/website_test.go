package gorillasession_test

import (
	"bytes"
	"encoding/gob"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }

var (
	hashKey  = []byte(strings.Repeat("h", 32))
	blockKey = []byte(strings.Repeat("b", 32))
)

// A profile is a type of the website's own. This process knows it too.
type profile struct {
	Name string
	Age  int
}

// A keyType is what some websites use for the keys of their sessions.
type keyType string

func init() {
	gob.Register(profile{})
	gob.Register(keyType(""))
	gob.Register(map[string]any{})
}

// signIn is what a website puts into the session when alice signs in.
func signIn(values map[any]any) {
	values["user"] = "alice"
	values["id"] = 42
	values["roles"] = []string{"ROLE_USER", "ROLE_ADMIN"}
	values["profile"] = profile{Name: "Alice", Age: 30}
	values[keyType("custom")] = true
	values[7] = "left out"
	values["list"] = []any{profile{Age: 1}, "x", nil}
}

// A browser visits a website that keeps its sessions in a store of gorilla, over
// net/http.
type browser struct {
	t      *testing.T
	client *http.Client
	url    string
}

func visit(t *testing.T, store sessions.Store, name string) *browser {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := store.Get(r, name)
		switch r.URL.Path {
		case "/login":
			signIn(s.Values)
			err = s.Save(r, w)
		case "/logout":
			s.Options.MaxAge = -1
			err = s.Save(r, w)
		case "/whoami":
			user, _ := s.Values["user"].(string)
			io.WriteString(w, user)
		}
		if err != nil {
			t.Errorf("the website: %s: %v", r.URL.Path, err)
		}
	}))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	client.Jar = jar
	return &browser{t, client, server.URL}
}

func (b *browser) get(path string) (body string) {
	b.t.Helper()
	response, err := b.client.Get(b.url + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// header is the Cookie header that the browser sends.
func (b *browser) header() string {
	b.t.Helper()
	u, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	r := &http.Request{Header: make(http.Header)}
	r.AddCookie(&http.Cookie{Name: "lang", Value: "cs"})
	for _, c := range b.client.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	return r.Header.Get("Cookie")
}

// insecure lets the cookies of a CookieStore go over http.
func insecure(keys ...[]byte) *sessions.CookieStore {
	store := sessions.NewCookieStore(keys...)
	store.Options.Secure = false
	store.Options.SameSite = http.SameSiteLaxMode
	return store
}

// encode returns what a CookieStore puts into the cookie of this name.
func encode(t testing.TB, name string, value any, keys ...[]byte) string {
	t.Helper()
	text, err := securecookie.EncodeMulti(name, value, securecookie.CodecsFromPairs(keys...)...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// gobOf returns what boj/redistore puts into Redis.
func gobOf(t testing.TB, value any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(value); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// register is gob.Register.
func register(values ...any) {
	for _, v := range values {
		gob.Register(v)
	}
}
