package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/delegate"
)

// Of two firewalls that a visitor has signed in to, the one that the
// configuration has first counts.
func TestContextOrder(t *testing.T) {
	s, container := files(t), t.TempDir()
	for _, c := range []struct{ contexts, firewall string }{
		{"main,admin", ""},
		{"admin,main", "/admin"},
		{"admin", "/admin"},
	} {
		w := newWorld(t, s, container, website.Config{}, "-context", c.contexts)
		v := w.login("", "alice")
		w.must(v.Login("/admin", "zofie@example.cz", "pw", false))
		w.is(w.tabOf(v).next(), w.whoami(v, c.firewall))
	}
}

// A website with its sessions in Redis need not be waited for.
func TestInstant(t *testing.T) {
	w := newWorld(t, redis(t), t.TempDir(), website.Config{}, "-instant", "-recheck", "1h")
	signedOut(w)
	promoted(w)
	switchUser(w)
}

// The delegate asks the website itself, which therefore agrees, and knows more:
// whoever is only remembered is signed in by the question.
func TestDelegate(t *testing.T) {
	w := newWorld(t, files(t), t.TempDir(), website.Config{})
	ask, err := delegate.New(w.site.URL+"/whoami", nil)
	if err != nil {
		t.Fatal(err)
	}
	who, err := firewall.New(&firewall.Options{Authenticators: []firewall.Authenticator{ask}, Origins: []string{w.site.URL}})
	if err != nil {
		t.Fatal(err)
	}
	asks := func(v *website.Visitor) *told {
		t.Helper()
		id, err := who.Authenticate(t.Context(), &firewall.Request{Cookie: v.CookieHeader("/"), Origin: w.site.URL, Host: "localhost"})
		if err != nil {
			t.Fatal(err)
		}
		return &told{User: id.User, Anonymous: id.Anonymous, Roles: id.Roles, Remembered: id.Remembered, Impersonator: id.Impersonator}
	}
	is := func(got *told, want *website.Who) {
		t.Helper()
		want.Reachable, want.Context = want.Roles, "" // the website does not tell them so
		w.is(got, want)
	}

	v := w.site.Visitor()
	if got := asks(v); !got.Anonymous {
		t.Errorf("nobody has signed in, and yet it is %s", show(got))
	}
	w.must(v.Login("", "admin", "pw", true))
	is(asks(v), w.whoami(v, ""))
	w.get(v, "/whoami?_switch_user=alice")
	is(asks(v), w.whoami(v, ""))
	v.Forget("PHPSESSID")
	remembered := asks(v)
	if w.isAnonymous(w.tabOf(v).next(), "no session cookie"); !remembered.Remembered {
		t.Errorf("the website does not remember: %s", show(remembered))
	}
	is(remembered, w.whoami(v, ""))
}

func TestDiagnose(t *testing.T) {
	s := files(t)
	w := newWorld(t, s, t.TempDir(), website.Config{})
	v := w.login("/admin", "zofie@example.cz")
	diagnose := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		args = append([]string{"-dsn", s.dsn, "-site", w.site.URL, "-diagnose", v.CookieHeader("/")}, args...)
		if err := run(t.Context(), args, &out); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), v.SessionID()) {
			t.Error("it tells the session id")
		}
		return out.String()
	}
	for want, args := range map[string][]string{
		`=> the user "zofie@example.cz" with the roles ["ROLE_EDITOR" "ROLE_ADMIN" "ROLE_USER"]`: {"-context", "admin", "-user", `App\Security\EntityUser=email`},
		"=> anonymous: nobody has signed in with the session":                                    {"-context", "main"},
		"=> anonymous: unreadable session":                                                       {"-context", "admin"},
		"=> anonymous: no session cookie":                                                        {"-cookie", "OTHER"},
	} {
		if out := diagnose(args...); !strings.Contains(out, want) {
			t.Errorf("%q: it says\n%s\nwant %s", args, out, want)
		}
	}
}

// What is wrong is said at the start, not when the first client comes.
func TestMistakes(t *testing.T) {
	for want, args := range map[string][]string{
		"-dsn is missing":                nil,
		"there is no store":              {"-dsn", "mongodb://localhost"},
		"App\\Entity\\User=email":        {"-dsn", "file:///", "-user", "User"},
		"Options.Contexts":               {"-dsn", "file:///", "-context", ""},
		"connection refused":             {"-dsn", "redis://127.0.0.1:1"},
		"there is no folder":             {"-dsn", "file://" + t.TempDir() + "/absent"},
		"the database file is not there": {"-dsn", "sqlite:///" + t.TempDir() + "/absent.db"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), args, &out)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", args, err, want)
		}
	}
}
