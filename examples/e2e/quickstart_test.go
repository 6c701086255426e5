package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

func TestOneNode(t *testing.T) {
	site := start(t, build(t)).site
	me := openBrowser(t).newVisitor()
	first := me.open(site)
	first.waitUser("")
	first.waitRows(1, "")

	first.signIn("alice", "wrong")
	first.waitText("#login-error", "wrong user or password")
	first.waitUser("")

	first.signIn("alice", "alice-demo")
	first.waitUser("alice")
	first.waitText("#my-roles", "ROLE_ADMIN")

	// A second tab is in both.
	second := me.open(site)
	for _, tab := range []*tab{first, second} {
		tab.waitUser("alice")
		tab.waitRows(2, `[data-user="alice"]`)
		tab.waitRows(2, "")
	}
	if first.ownID() == second.ownID() {
		t.Error("both tabs have the same client id")
	}

	// What one says, both hear, as it was said.
	const words = `<img src=x onerror="document.title='hacked'"> & good morning`
	first.say(words)
	for _, tab := range []*tab{first, second} {
		tab.waitText(`#messages [data-from="alice"] .text`, words)
	}
	second.say("good morning to you")
	first.waitText(`#messages .text`, "good morning to you")

	// A tab that is closed is gone.
	third := me.open(site)
	first.waitRows(3, "")
	third.close()
	first.waitRows(2, "")
	second.waitRows(2, "")

	// Signed out in one, both are nobody's.
	first.front()
	start := time.Now()
	first.click("#logout")
	for _, tab := range []*tab{first, second} {
		tab.waitText("#messages .event", "4401")
		tab.waitUser("")
		tab.waitRows(0, `[data-user="alice"]`)
	}
	t.Logf("both tabs were anonymous %v after the sign-out", time.Since(start))

	// Signed in in one, with a demo user's button, both are that user's.
	second.front()
	second.click(`[data-demo-user="bob"]`)
	first.waitUser("bob")
	second.waitUser("bob")

	first.say(strings.Repeat("long", 100))
	first.waitText("#messages .text", "longlong")
	first.do(chromedp.EmulateViewport(375, 812, chromedp.EmulateMobile))
	if width := evaluate[int](first, "document.documentElement.scrollWidth"); width > 375 {
		t.Errorf("on a phone that is 375 pixels wide, the page is %d pixels wide", width)
	}
}

// A page that has lost its server finds it again, as who it is then.
func TestReconnect(t *testing.T) {
	program := build(t)
	before := start(t, program)
	tab := openBrowser(t).newVisitor().open(before.site)
	tab.signIn("carol", "carol-demo")
	tab.waitUser("carol")

	before.stop()
	tab.wait(`document.querySelector("#status").dataset.state === "reconnecting"`)
	start(t, program, "-addr", strings.TrimPrefix(before.site, "http://"))
	tab.waitUser("") // the sessions were in the memory of the one that ended
}

func TestTwoNodes(t *testing.T) {
	redis := testserver.Redis(t)
	program := build(t)
	here := start(t, program, "-redis", redis).site
	there := start(t, program, "-redis", redis).site
	me := openBrowser(t).newVisitor()

	atHere := me.open(here)
	atHere.signIn("alice", "alice-demo")
	atHere.waitUser("alice")

	atThere := me.open(there)
	atThere.waitUser("alice")
	for _, tab := range []*tab{atHere, atThere} {
		tab.waitRows(2, `[data-user="alice"]`)
	}
	id := atHere.ownID()
	var client struct{ ID, User, Node string }
	response, err := http.Get(there + "/clients/" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&client); err != nil {
		t.Fatal(err)
	}
	if client.ID != id || client.User != "alice" || !strings.HasPrefix(id, client.Node) {
		t.Errorf("the other node says %s, %+v", response.Status, client)
	}
	if own := atThere.ownID(); strings.HasPrefix(own, client.Node) {
		t.Errorf("the clients %s and %s have the same node", id, own)
	}

	// Signed out there, closed here.
	atThere.front()
	atThere.click("#logout")
	atHere.waitText("#messages .event", "4401")
	atHere.waitUser("")
	atThere.waitUser("")

	// Signed in there, here finds out when somebody looks. To a browser without
	// a window all tabs are always visible, so it must be told.
	atThere.signIn("bob", "bob-demo")
	atThere.waitUser("bob")
	evaluate[bool](atHere, `document.dispatchEvent(new Event("visibilitychange"))`)
	atHere.waitUser("bob")
}

// What the page looks like, for those who look at the pictures.
func TestLooks(t *testing.T) {
	site := start(t, build(t)).site
	b := openBrowser(t)
	alices, bobs := b.newVisitor(), b.newVisitor()
	alice := alices.open(site)
	alice.do(chromedp.EmulateViewport(1200, 800))
	alice.save("signed-out")
	alice.signIn("alice", "alice-demo")
	alice.waitUser("alice")
	bob := bobs.open(site)
	bob.signIn("bob", "bob-demo")
	bob.waitUser("bob")
	anon := b.newVisitor().open(site)
	alices.open(site)
	alice.waitRows(4, "")

	bob.say("Good morning! Is anybody here?")
	alice.waitText("#messages .text", "Good morning!")
	alice.say("I am, in two tabs.")
	anon.say("Me too, but I have not signed in.")
	alice.waitText("#messages .text", "not signed in")
	bob.say("Sign out in one of them, and see what happens to the other.")
	alice.waitText("#messages .text", "Sign out")

	for _, scheme := range []string{"light", "dark"} {
		for name, size := range map[string][2]int64{"desktop": {1200, 800}, "phone": {375, 812}} {
			alice.do(chromedp.EmulateViewport(size[0], size[1]))
			alice.prefer(scheme)
			if width := evaluate[int64](alice, "document.documentElement.scrollWidth"); width > size[0] {
				t.Errorf("on a %s that is %d pixels wide, the page is %d pixels wide", name, size[0], width)
			}
			alice.save(name + "-" + scheme)
		}
	}
	anon.do(chromedp.EmulateViewport(375, 812))
	anon.save("phone-signed-out")
}

// prefer sets the color scheme that the visitor prefers.
func (tab *tab) prefer(scheme string) {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		tab.t.Fatal(err)
	}
	tab.wait(`matchMedia("(prefers-color-scheme: ` + scheme + `)").matches`)
}
