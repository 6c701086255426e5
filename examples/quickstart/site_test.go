package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func equal(a, b visitor) bool {
	return a.User == b.User && a.Anonymous == b.Anonymous && slices.Equal(a.Roles, b.Roles)
}

func (b *browser) expectWhoami(want visitor) {
	b.t.Helper()
	var got visitor
	if b.get("/whoami", &got); !equal(got, want) {
		b.t.Fatalf("GET /whoami says %+v, want %+v", got, want)
	}
}

var (
	nobody = visitor{User: "", Roles: []string{}, Anonymous: true}
	alice  = visitor{User: "alice", Roles: []string{"ROLE_ADMIN"}}
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	b.expectWhoami(nobody)
	if r := b.do("GET", "/whoami", ""); string(r.body) != `{"user":"","roles":[],"anonymous":true}`+"\n" {
		t.Errorf("nobody is %s", r.body)
	}

	r := b.login("alice", "alice-demo")
	if r.StatusCode != http.StatusOK || string(r.body) != `{"user":"alice","roles":["ROLE_ADMIN"],"anonymous":false}`+"\n" {
		t.Fatalf("POST /login: %s %s", r.Status, r.body)
	}
	cookie := r.Cookies()[0]
	if cookie.Name != "rollcall_session" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("the session cookie is %v", cookie)
	}
	b.expectWhoami(alice)

	if r := b.do("POST", "/logout", ""); r.StatusCode != http.StatusOK {
		t.Fatalf("POST /logout: %s %s", r.Status, r.body)
	}
	b.expectWhoami(nobody)

	// Nobody who kept the cookie is signed in by it any more.
	if r := b.do("GET", "/whoami", "", "Cookie: "+cookie.Name+"="+cookie.Value); strings.Contains(string(r.body), "alice") {
		t.Errorf("the session survived the sign-out: %s", r.body)
	}
}

func TestSignInRenewsTheToken(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	first := b.login("bob", "bob-demo").Cookies()[0]
	second := b.login("alice", "alice-demo").Cookies()[0]
	if first.Value == second.Value {
		t.Error("a sign-in kept the token of the session before it")
	}
	b.expectWhoami(alice)
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	for _, form := range []string{
		"user=alice&password=bob-demo",
		"user=alice&password=",
		"user=alice",
		"user=mallory&password=alice-demo",
		"",
	} {
		r := b.do("POST", "/login", form)
		if r.StatusCode != http.StatusUnauthorized || !strings.Contains(string(r.body), `"error"`) {
			t.Errorf("POST /login with %q: %s %s", form, r.Status, r.body)
		}
		if len(r.Cookies()) > 0 {
			t.Errorf("POST /login with %q set a cookie", form)
		}
	}
	b.expectWhoami(nobody)
}

// A password in a URL ends up in logs.
func TestPasswordInURL(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	if r := b.do("POST", "/login?user=alice&password=alice-demo", ""); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("POST /login with the password in the URL: %s", r.Status)
	}
}

func TestFormsWithoutScript(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	const accept = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	for _, step := range []struct{ path, form, location string }{
		{"/login", "user=alice&password=wrong", "/#login-error"},
		{"/login", "user=alice&password=alice-demo", "/"},
		{"/logout", "", "/"},
	} {
		r := b.do("POST", step.path, step.form, accept)
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != step.location {
			t.Errorf("POST %s %s: %s to %q, want 303 to %q", step.path, step.form, r.Status, got, step.location)
		}
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	b.signIn("alice")
	const alices = "user=alice&password=alice-demo"
	for _, test := range []struct {
		method, path, form, header string
		want                       int
	}{
		{"GET", "/login", "", "", http.StatusMethodNotAllowed},
		{"GET", "/logout", "", "", http.StatusMethodNotAllowed},
		{"POST", "/whoami", "", "", http.StatusMethodNotAllowed},
		{"DELETE", "/clients", "", "", http.StatusMethodNotAllowed},
		{"POST", "/", "", "", http.StatusMethodNotAllowed},
		{"POST", "/ws", "", "", http.StatusMethodNotAllowed},
		{"GET", "/ws", "", "", http.StatusBadRequest},
		{"GET", "/page/", "", "", http.StatusNotFound},
		{"GET", "/index.html", "", "", http.StatusNotFound},
		{"GET", "/clients/nobody", "", "", http.StatusNotFound},
		{"GET", "/clients/AAAAAAAAAAEAAAAAAAAAAQ", "", "", http.StatusNotFound},
		{"POST", "/login", "user=" + strings.Repeat("a", 5000), "", http.StatusRequestEntityTooLarge},
		{"POST", "/login", "user=%zz", "", http.StatusBadRequest},
		{"POST", "/login", alices, "Sec-Fetch-Site: cross-site", http.StatusForbidden},
		{"POST", "/login", alices, "Origin: https://evil.example", http.StatusForbidden},
		{"POST", "/logout", "", "Sec-Fetch-Site: cross-site", http.StatusForbidden},
		{"POST", "/logout", "", "Origin: null", http.StatusForbidden},
	} {
		r := b.do(test.method, test.path, test.form, test.header)
		if r.StatusCode != test.want {
			t.Errorf("%s %s %.40s %s: %s, want %d", test.method, test.path, test.form, test.header, r.Status, test.want)
		}
	}
	b.expectWhoami(alice) // no foreign page could sign her out
}

func TestPage(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	index := b.do("GET", "/", "")
	if index.StatusCode != http.StatusOK || !strings.HasPrefix(index.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("GET /: %s %v", index.Status, index.Header)
	}
	for _, u := range demoUsers {
		if !strings.Contains(string(index.body), u.Password) {
			t.Errorf("the page does not say that %s has the password %s", u.Name, u.Password)
		}
	}
	policy := index.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("the Content-Security-Policy is %q", policy)
	}
	for path, kind := range map[string]string{
		"/page.js": "text/javascript", "/socket.js": "text/javascript", "/dom.js": "text/javascript",
		"/people.js": "text/javascript", "/explain.js": "text/javascript", "/page.css": "text/css", "/icon.svg": "image/svg+xml",
	} {
		r := b.do("GET", path, "")
		if r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), kind) {
			t.Errorf("GET %s: %s of type %s", path, r.Status, r.Header.Get("Content-Type"))
		}
	}
}
