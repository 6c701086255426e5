package e2e

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// patience is how long a test waits for what should take much less.
const patience = 30 * time.Second

// A browser is a Chromium without a window, with an empty profile.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := testserver.Lookup(t, "chromium", "chromium")
	ctx, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.Headless,
		chromedp.NoSandbox, // which does not work for root
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		// Tabs in the background must be as quick as the one in front.
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
	)
	t.Cleanup(cancel) // ends the Chromium, waits for it and removes its profile
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("cannot start %s: %v", path, err)
	}
	return &browser{t, ctx}
}

// A visitor is somebody with cookies of their own.
type visitor struct {
	t   *testing.T
	ctx context.Context
}

func (b *browser) newVisitor() *visitor {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatal(err)
	}
	return &visitor{b.t, ctx}
}

// A tab shows the page of a quickstart.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// open opens a tab and waits until it is connected. Whatever goes wrong in its
// scripts, or is forbidden by the page's own policy, fails the test.
func (v *visitor) open(site string) *tab {
	v.t.Helper()
	ctx, cancel := chromedp.NewContext(v.ctx)
	messages := chromedp.Console(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Source == "security" {
				v.t.Errorf("the console of the page says: %v", m)
			}
		}
	}()
	v.t.Cleanup(func() { cancel(); <-done })
	tab := &tab{v.t, ctx}
	tab.do(chromedp.Navigate(site))
	tab.waitConnected()
	return tab
}

// do takes steps in the tab.
func (tab *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	if chromedp.FromContext(tab.ctx).Target == nil {
		// The first step creates the tab, and must not have a timeout.
		if err := chromedp.Do(tab.ctx); err != nil {
			tab.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.t.Fatal(err)
	}
}

// front brings the tab to the front, where keys and clicks go.
func (tab *tab) front() {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, page.BringToFront, struct{}{}); err != nil {
		tab.t.Fatal(err)
	}
}

func (tab *tab) fill(id, text string) {
	tab.t.Helper()
	evaluate[string](tab, `document.querySelector("#`+id+`").value = ""`)
	tab.do(chromedp.SendKeys(chromedp.CSS("#"+id), text))
}

func (tab *tab) click(selector string) {
	tab.t.Helper()
	tab.do(chromedp.Click(chromedp.CSS(selector)))
}

func (tab *tab) close() {
	tab.t.Helper()
	if err := chromedp.Cancel(tab.ctx); err != nil {
		tab.t.Fatal(err)
	}
}

// evaluate returns the value of a JavaScript expression.
func evaluate[T any](tab *tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		tab.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// wait waits until a JavaScript expression is true. It asks from outside, for
// the page's policy forbids what asks from inside.
func (tab *tab) wait(expression string) {
	tab.t.Helper()
	deadline := time.Now().Add(patience)
	for !evaluate[bool](tab, "Boolean("+expression+")") {
		if time.Now().After(deadline) {
			tab.t.Fatalf("waited for %s in vain; the page says:\n%s", expression, evaluate[string](tab, "document.body.innerText"))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (tab *tab) waitConnected() {
	tab.t.Helper()
	tab.wait(`document.querySelector("#status")?.dataset.state === "connected" && document.querySelector("tr[data-you]")`)
}

// waitRows waits until n rows match a selector.
func (tab *tab) waitRows(n int, selector string) {
	tab.t.Helper()
	tab.wait(fmt.Sprintf(`document.querySelectorAll(%s).length === %d`, strconv.Quote("#clients-rows tr"+selector), n))
}

// waitText waits until an element that is shown contains a text.
func (tab *tab) waitText(selector, text string) {
	tab.t.Helper()
	tab.wait(fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.checkVisibility() && e.textContent.includes(%s))`,
		strconv.Quote(selector), strconv.Quote(text)))
}

// waitUser waits until the tab is signed in as user, and its socket too. Nobody
// is "".
func (tab *tab) waitUser(user string) {
	tab.t.Helper()
	tab.waitConnected()
	tab.wait(fmt.Sprintf(`document.querySelector("#account").dataset.user === %s`, strconv.Quote(user)))
	if user == "" {
		tab.waitRows(1, `[data-you][data-user^="anon-"]`)
	} else {
		tab.waitRows(1, `[data-you][data-user="`+user+`"]`)
	}
}

// ownID returns the id of the tab's client.
func (tab *tab) ownID() string {
	tab.t.Helper()
	return evaluate[string](tab, `document.querySelector("tr[data-you]").dataset.id`)
}

// signIn signs in with the form.
func (tab *tab) signIn(user, password string) {
	tab.t.Helper()
	tab.front()
	tab.fill("login-user", user)
	tab.fill("login-password", password)
	tab.click("#login")
}

func (tab *tab) say(text string) {
	tab.t.Helper()
	tab.front()
	tab.fill("say-text", text)
	tab.click("#say")
}

// save writes a picture into the folder that ROLLCALL_SCREENSHOTS names.
func (tab *tab) save(name string) {
	tab.t.Helper()
	dir := os.Getenv("ROLLCALL_SCREENSHOTS")
	if dir == "" {
		return
	}
	tab.front()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(dir+"/"+name+".png", picture, 0o644)
	}
	if err != nil {
		tab.t.Fatal(err)
	}
}
