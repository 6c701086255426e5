package main

import (
	"testing"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
)

// The stories are what people do on a website, with what their sockets must say.
// Each has users of its own, as far as it changes them.
var stories = map[string]func(*world){
	"form":             form,
	"not in ASCII":     func(w *world) { signsIn(w, "", "žofie") },
	"entity":           func(w *world) { signsIn(w, "/admin", "zofie@example.cz") },
	"big session":      bigSession,
	"shared context":   sharedContext,
	"other ways":       otherWays,
	"remember-me":      rememberMe,
	"switch user":      switchUser,
	"promoted":         promoted,
	"password changed": passwordChanged,
	"signed out":       signedOut,
	"another tab":      anotherTab,
	"only reads":       onlyReads,
	"no lock":          noLock,
}

// With every store, the socket of a visitor says what the website says of him,
// from his first page to his last.
func TestStores(t *testing.T) {
	container := t.TempDir()
	for name, start := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newWorld(t, start(t), container, website.Config{}).tell(stories)
		})
	}
}

// tell goes through stories, one after the other: the website has time for one
// request only.
func (w *world) tell(stories map[string]func(*world)) {
	for name, story := range stories {
		w.Run(name, func(t *testing.T) {
			now := *w
			now.T = t
			story(&now)
		})
	}
}

func signsIn(w *world, firewall, user string) {
	v := w.login(firewall, user)
	who := w.whoami(v, firewall)
	if who.User != user {
		w.Fatalf("the website knows %q", who.User)
	}
	w.is(w.tabOf(v).next(), who)
}

func form(w *world) {
	v := w.site.Visitor()
	w.isAnonymous(w.tabOf(v).next(), "no session cookie")
	w.get(v, "/login") // starts a session, for the CSRF token
	w.isAnonymous(w.tabOf(v).next(), "nobody has signed in with the session")
	if v.Login("", "alice", "wrong", false) == nil {
		w.Error("a wrong password is right")
	}
	w.isAnonymous(w.tabOf(v).next(), "nobody has signed in with the session")
	signsIn(w, "", "alice")
}

func bigSession(w *world) {
	v := w.login("", "alice")
	w.get(v, "/set?big=1") // 17 KB, which memcached's client compresses
	w.is(w.tabOf(v).next(), w.whoami(v, ""))
}

func sharedContext(w *world) {
	v := w.login("/shop", "alice")
	there := w.whoami(v, "/account")
	if there.Firewall != "account" || there.Context != "shared" {
		w.Fatalf("the website says %s", show(there))
	}
	w.is(w.tabOf(v).next(), there)
}

func otherWays(w *world) {
	v := w.site.Visitor()
	v.Header.Set("X-Key", "pw") // a custom authenticator
	w.get(v, "/key/set")
	w.is(w.tabOf(v).next(), w.whoami(v, "/key"))

	v = w.site.Visitor() // the web server knows him
	w.get(v, "/remote/set")
	w.is(w.tabOf(v).next(), w.whoami(v, "/remote"))
}

func rememberMe(w *world) {
	for _, c := range []struct{ firewall, user string }{{"", "alice"}, {"/admin", "zofie@example.cz"}} {
		v := w.site.Visitor()
		w.must(v.Login(c.firewall, c.user, "pw", true))
		w.is(w.tabOf(v).next(), w.whoami(v, c.firewall))
		v.Forget("PHPSESSID")
		w.isAnonymous(w.tabOf(v).next(), "no session cookie")
		who := w.whoami(v, c.firewall) // a page makes a session of the other cookie
		if !who.Remembered || who.User != c.user {
			w.Errorf("the website does not remember: %s", show(who))
		}
		w.is(w.tabOf(v).next(), who)
	}
}

func switchUser(w *world) {
	v := w.login("", "admin")
	before := w.tabOf(v)
	w.is(before.next(), w.whoami(v, ""))

	w.get(v, "/whoami?_switch_user=alice")
	before.signedOut("signed in as another")
	who := w.whoami(v, "")
	if who.User != "alice" || who.Impersonator != "admin" {
		w.Fatalf("the website has not switched: %s", show(who))
	}
	during := w.tabOf(v)
	w.is(during.next(), who)

	w.get(v, "/whoami?_switch_user=bob") // by the same admin
	during.signedOut("signed in as another")
	during = w.tabOf(v)
	w.is(during.next(), w.whoami(v, ""))

	w.get(v, "/whoami?_switch_user=_exit")
	during.signedOut("signed in as another")
	w.is(w.tabOf(v).next(), w.whoami(v, ""))
}

func promoted(w *world) {
	v := w.login("/admin", "jiri@example.cz")
	tab := w.tabOf(v)
	before := w.whoami(v, "/admin")
	w.is(tab.next(), before)
	w.get(v, "/admin/promote?role=ROLE_ADMIN")
	after := w.whoami(v, "/admin")
	if len(after.Reachable) <= len(before.Reachable) {
		w.Fatalf("the website has not promoted: %s", show(after))
	}
	w.is(tab.next(), after) // the same socket
}

func passwordChanged(w *world) {
	v := w.login("/admin", "sf73@example.cz")
	tab := w.tabOf(v)
	w.is(tab.next(), w.whoami(v, "/admin"))
	w.get(v, "/admin/promote?password=another") // in the database, as from another browser
	if who := w.whoami(v, "/admin"); who.User != "" {
		w.Fatalf("the website has not signed out: %s", show(who))
	}
	tab.signedOut("nobody has signed in with the session")
}

func signedOut(w *world) {
	v := w.login("", "alice")
	cookie := v.CookieHeader("/")
	tabs := []*tab{w.tabOf(v), w.tabOf(v)}
	for _, tab := range tabs {
		w.is(tab.next(), w.whoami(v, ""))
	}
	w.get(v, "/logout")
	for _, tab := range tabs {
		tab.signedOut("no such session")
	}
	w.isAnonymous(w.tabOf(v).next(), "no session cookie")
	w.isAnonymous(w.open(cookie).next(), "no such session")

	w.must(v.Login("", "bob", "pw", false))
	w.is(w.tabOf(v).next(), w.whoami(v, ""))
}

func anotherTab(w *world) {
	v := w.site.Visitor()
	w.get(v, "/set")
	first := w.tabOf(v)
	w.isAnonymous(first.next(), "nobody has signed in with the session")
	w.must(v.Login("", "alice", "pw", false)) // gives the session another id
	second := w.tabOf(v)
	w.is(second.next(), w.whoami(v, ""))
	w.get(v, "/set") // whatever happens in the session now
	w.is(w.tabOf(v).next(), w.whoami(v, ""))
	w.get(v, "/logout")
	second.signedOut("no such session")
}

// Nothing that a socket does changes anything in the store.
func onlyReads(w *world) {
	v := w.login("", "alice")
	before := w.state()
	w.isAnonymous(w.open("PHPSESSID=../../../../../../etc/passwd").next(), "malformed cookie")
	for _, unknown := range []string{"0123456789abcdefghijklmnop", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "-,-,-,-,-,-,-,-,-,-,-,-,-,"} {
		w.isAnonymous(w.open("PHPSESSID="+unknown).next(), "no such session")
	}
	got := w.tabOf(v).next()
	if after := w.state(); after != before {
		w.Errorf("the store was\n%s\nand now it is\n%s", before, after)
	}
	w.is(got, w.whoami(v, ""))
	w.get(v, "/set?big=1")
	if w.state() == before {
		w.Error("what the website itself changes cannot be seen")
	}
}
