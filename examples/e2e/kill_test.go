package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// The lease of a node in this program, and what it may take a page to hear.
const (
	lease  = 6 * time.Second
	moment = 4 * time.Second
)

// Two nodes have one list. When one of them is killed, its rows vanish from a
// page that is open, and the page says why.
func TestKilledNode(t *testing.T) {
	redis := testserver.Redis(t)
	program := build(t)
	here, there := start(t, program, "-redis", redis), start(t, program, "-redis", redis)
	b := openBrowser(t)
	tabs := make(map[string]*tab)
	for user, site := range map[string]string{"alice": here.site, "bob": there.site, "carol": there.site} {
		tabs[user] = b.newVisitor().open(site)
		tabs[user].signIn(user, user+"-demo")
		tabs[user].waitUser(user)
	}
	alice := tabs["alice"]
	alice.do(chromedp.EmulateViewport(1200, 800))
	for _, tab := range tabs {
		tab.waitRows(3, "")
	}
	alice.waitText("#nodes .own", "1 client, 1 user")
	alice.waitText("#nodes li:not(.own)", "2 clients, 2 users")
	alice.waitText("#nodes li:not(.own)", "s old")

	alice.front()
	alice.click(`tr[data-user="bob"] .why`)
	alice.waitText("#why-title", "This client of bob is here")
	alice.waitText(`[data-what="lease"][data-found="true"]`, "it covers 1 page")
	alice.wait(`document.activeElement.id === "why-title"`)
	tabs["bob"].say("Good morning! I am on the other port.")
	tabs["carol"].say("So am I.")
	alice.say("And we are in one list.")
	alice.saveAll(t, "two-nodes")

	there.kill()
	start := time.Now()
	alice.waitRows(1, "")
	took := time.Since(start)
	t.Logf("the rows of the killed node were gone after %v", took)
	if took > lease+moment {
		t.Errorf("the rows of the killed node were gone after %v, which is more than its lease of %v and a moment", took, lease)
	}
	alice.waitRows(1, `[data-user="alice"]`)
	alice.wait(`document.querySelectorAll("#nodes li").length === 1`)

	const gone = "gone, and with it all clients of the node"
	alice.click("#why-again")
	alice.waitText("#why-title", "This client of bob is not here")
	alice.waitText(`[data-what="lease"][data-found="false"]`, gone)

	alice.why("carol")
	alice.waitText("#why-title", "carol is not here")
	alice.waitText(`[data-what="lease"][data-found="false"]`, gone)
	alice.waitText(`[data-what="list"]`, "still names the user")
	alice.saveAll(t, "killed-node")
	alice.why("alice")
	alice.waitText("#why-title", "alice is here")
	alice.click("#why-close")
	alice.wait(`document.querySelector("#why").hidden && document.activeElement.id === "why-user"`)
}

// why asks with the form.
func (tab *tab) why(user string) {
	tab.t.Helper()
	tab.fill("why-user", user)
	tab.click("#why-ask")
}

// saveAll saves the page as it is on a desktop, on a small one and on a phone,
// on none of which it may be too wide.
func (tab *tab) saveAll(t *testing.T, name string) {
	t.Helper()
	for kind, size := range map[string][2]int64{"-1200": {1200, 800}, "-1000": {1000, 1100}, "-375": {375, 1500}} {
		tab.do(chromedp.EmulateViewport(size[0], size[1]))
		if width := evaluate[int64](tab, "document.documentElement.scrollWidth"); width > size[0] {
			t.Errorf("on a screen that is %d pixels wide, the page is %d pixels wide", size[0], width)
		}
		tab.save(name + kind)
	}
	tab.do(chromedp.EmulateViewport(1200, 800))
}
