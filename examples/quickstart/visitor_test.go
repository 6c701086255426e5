package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

func TestMain(m *testing.M) {
	hashRounds = 1000
	leakcheck.Main(m)
}

// patience is how long a test waits for what should take much less.
const patience = 20 * time.Second

// open starts the app and returns its URL.
func open(t *testing.T, redis string) string {
	t.Helper()
	url, app := start(t, redis)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := app.close(ctx); err != nil {
			t.Error(err)
		}
	})
	return url
}

// start is open for tests that close the app themselves.
func start(t *testing.T, redis string) (url string, app *app) {
	t.Helper()
	app, err := newApp(t.Context(), redis, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.handler)
	t.Cleanup(server.Close)
	return server.URL, app
}

// A browser is somebody with a cookie jar, who follows no redirects.
type browser struct {
	t    *testing.T
	site string
	http.Client
}

func newBrowser(t *testing.T, site string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, site: site}
	b.Jar = jar
	b.Timeout = patience
	b.Transport = &http.Transport{}
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(b.CloseIdleConnections)
	return b
}

// A reply is a response that has been read.
type reply struct {
	*http.Response
	body []byte
}

// do sends a request, with "Name: value" lines of header, if they are not empty.
func (b *browser) do(method, path, form string, header ...string) reply {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.site+path, strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, line := range header {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Set(name, value)
		}
	}
	response, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		b.t.Fatal(err)
	}
	return reply{response, body.Bytes()}
}

// get reads JSON into value and returns the status.
func (b *browser) get(path string, value any) (status int) {
	b.t.Helper()
	r := b.do(http.MethodGet, path, "")
	if err := json.Unmarshal(r.body, value); err != nil {
		b.t.Fatalf("GET %s: %v in %q", path, err, r.body)
	}
	return r.StatusCode
}

func (b *browser) login(user, password string) reply {
	b.t.Helper()
	return b.do(http.MethodPost, "/login", url.Values{"user": {user}, "password": {password}}.Encode())
}

// signIn signs a demo user in.
func (b *browser) signIn(user string) {
	b.t.Helper()
	if r := b.login(user, user+"-demo"); r.StatusCode != http.StatusOK {
		b.t.Fatalf("cannot sign in as %s: %s %s", user, r.Status, r.body)
	}
}
