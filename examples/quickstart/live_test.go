package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/wsconn"
)

// has returns whether a list has a client, for tab.sees.
func has(c clientView) func([]clientView) bool {
	return func(list []clientView) bool {
		return slices.ContainsFunc(list, func(other clientView) bool { return other.ID == c.ID })
	}
}

func hasNot(c clientView) func([]clientView) bool {
	return func(list []clientView) bool { return !has(c)(list) }
}

func TestClientsComeAndGo(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	watcher := b.openTab() // before the sign-in, so anonymous
	if !watcher.me.Anonymous || !strings.HasPrefix(watcher.me.User, "anon-") {
		t.Errorf("without a session the server says %+v", watcher.me)
	}
	b.signIn("alice")
	alices := b.openTab()
	if me := alices.me; me.User != "alice" || me.Anonymous || !slices.Equal(me.Roles, []string{"ROLE_ADMIN"}) {
		t.Errorf("the server says to alice that she is %+v", me)
	}
	watcher.sees("alice come", has(alices.me))
	alices.sees("the one who was there", has(watcher.me))

	var list []clientView
	if b.get("/clients", &list); len(list) != 2 || list[0].ID != watcher.me.ID || list[1].ID != alices.me.ID {
		t.Errorf("GET /clients says %+v", list)
	}
	var one clientView
	if status := b.get("/clients/"+alices.me.ID.String(), &one); status != http.StatusOK || one.User != "alice" {
		t.Errorf("GET /clients/%s: %d %+v", alices.me.ID, status, one)
	}

	alices.nc.Close()
	watcher.sees("alice go", hasNot(alices.me))
	if r := b.do("GET", "/clients/"+alices.me.ID.String(), ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("GET /clients/%s: %s after she left", alices.me.ID, r.Status)
	}
}

// The fields and their form are an interface to other programs.
func TestClientJSON(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	if r := b.do("GET", "/clients", ""); string(r.body) != "[]\n" {
		t.Errorf("GET /clients says %s when nobody is there", r.body)
	}
	tab := b.openTab()
	var list []map[string]any
	b.get("/clients", &list)
	if len(list) != 1 {
		t.Fatalf("GET /clients lists %d clients, want 1", len(list))
	}
	c := list[0]
	since, err := time.Parse(time.RFC3339, c["since"].(string))
	if err != nil || time.Since(since) > time.Hour {
		t.Errorf("since is %v: %v", c["since"], err)
	}
	if c["id"] != tab.me.ID.String() || c["user"] != tab.me.User || c["anonymous"] != true || c["node"] != tab.me.ID.Node().String() {
		t.Errorf("the client is %v", c)
	}
	if roles, ok := c["roles"].([]any); !ok || len(roles) != 0 {
		t.Errorf("roles are %v, want []", c["roles"])
	}
}

func TestSignOutClosesSockets(t *testing.T) {
	t.Parallel()
	site := open(t, "")
	alices, bobs := newBrowser(t, site), newBrowser(t, site)
	alices.signIn("alice")
	bobs.signIn("bob")
	first, second, other := alices.openTab(), alices.openTab(), bobs.openTab()

	start := time.Now()
	alices.do("POST", "/logout", "")
	first.expectClose(wsconn.StatusSignedOut)
	second.expectClose(wsconn.StatusSignedOut)
	took := time.Since(start)
	t.Logf("closed %v after the sign-out", took)
	if took > 2*time.Second {
		t.Errorf("the sockets were closed %v after the sign-out, want at most 2s", took)
	}
	other.send(`{"type":"say","text":"still here"}`)
	other.next("said")
}

// A client need not answer when it is told to go; it goes.
func TestSignOutOfTheDeaf(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	b.signIn("alice")
	b.openTab() // and never read from it again

	start := time.Now()
	b.do("POST", "/logout", "")
	for list := []clientView{{}}; len(list) > 0; time.Sleep(10 * time.Millisecond) {
		if b.get("/clients", &list); time.Since(start) > 2*time.Second {
			t.Fatal("two seconds after the sign-out the client is still there")
		}
	}
	t.Logf("gone %v after the sign-out", time.Since(start))
}

// Who signs in as another leaves no socket behind as the one before.
func TestSignInAsAnotherClosesSockets(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	b.signIn("alice")
	tab := b.openTab()
	b.signIn("bob")
	tab.expectClose(wsconn.StatusSignedOut)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	b.signIn("alice")
	speaker := b.openTab()
	listener := newBrowser(t, b.site).openTab()

	speaker.send(`{"type":"say","text":"  <b>Hello</b> \ud83d\udc4b "}`)
	for _, tab := range []*tab{speaker, listener} {
		m := tab.next("said")
		if m.From.User != "alice" || m.Text != "<b>Hello</b> \U0001f44b" {
			t.Errorf("heard %q from %q", m.Text, m.From.User)
		}
	}
	say, _ := json.Marshal(map[string]string{"type": "say", "text": strings.Repeat("ä", maxText)})
	speaker.send(string(say))
	if m := listener.next("said"); m.Text != strings.Repeat("ä", maxText) {
		t.Errorf("heard %d bytes of the longest message", len(m.Text))
	}
}

func TestNonsense(t *testing.T) {
	t.Parallel()
	tab := newBrowser(t, open(t, "")).openTab()
	for _, text := range []string{
		"", "hello", "null", "[]", "{}", `{"type":1}`, `{"type":"you"}`, `{"type":"say","text":7}`,
		`{"type":"say","text":"` + strings.Repeat("x", maxText+1) + `"}`,
		strings.Repeat("[", 4000),
	} {
		tab.send(text)
		if m := tab.next("error"); m.Error == "" {
			t.Errorf("%.40q was answered with an empty error", text)
		}
	}
	if err := wsutil.WriteClientBinary(tab.nc, []byte(`{"type":"say","text":"binary"}`)); err != nil {
		t.Fatal(err)
	}
	tab.next("error")

	tab.send(`{"type":"say","text":" "}`) // nothing was said
	tab.send(`{"type":"say","text":"after all"}`)
	if m := tab.next("said"); m.Text != "after all" {
		t.Errorf("heard %q", m.Text)
	}
	tab.send(strings.Repeat(" ", 5000))
	tab.expectClose(ws.StatusMessageTooBig)
}

// A crowd is told of in a few lists, not in one list for each who comes.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const crowd = 300
	b := newBrowser(t, open(t, ""))
	watcher := b.openTab()
	start := time.Now()
	for range crowd {
		b.openTab()
	}
	lists := 0
	for total := 0; total < crowd+1; lists++ {
		m := watcher.next("clients")
		if total = m.Total; len(m.Clients) > maxListed {
			t.Fatalf("a list of %d clients, want at most %d", len(m.Clients), maxListed)
		}
	}
	most := int(time.Since(start)/pushInterval) + 2
	t.Logf("%d lists in %v", lists, time.Since(start))
	if lists > most {
		t.Errorf("%d lists were sent, want at most %d", lists, most)
	}
}

func TestTwoNodes(t *testing.T) {
	t.Parallel()
	redis := testserver.Redis(t)
	here := newBrowser(t, open(t, redis))
	there := newBrowser(t, open(t, redis))
	watcher := there.openTab()

	// Cookies ignore ports, so a real browser has one session for both.
	here.signIn("alice")
	there.Jar = here.Jar
	there.expectWhoami(alice)
	tab := here.openTab()
	if tab.me.Node == watcher.me.Node {
		t.Fatal("both nodes have the same id")
	}
	watcher.sees("alice on the other node", has(tab.me))
	var one clientView
	if status := there.get("/clients/"+tab.me.ID.String(), &one); status != http.StatusOK || one.User != "alice" || one.Node != tab.me.Node {
		t.Errorf("GET /clients/%s of the other node: %d %+v", tab.me.ID, status, one)
	}
	var list []clientView
	if there.get("/clients", &list); len(list) != 2 {
		t.Errorf("GET /clients lists %d clients, want those of both nodes", len(list))
	}

	// Signed out at one node, closed at the other.
	start := time.Now()
	there.do("POST", "/logout", "")
	tab.expectClose(wsconn.StatusSignedOut)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the other node closed the socket after %v, want at most 2s", took)
	}
	watcher.sees("alice go from the other node", hasNot(tab.me))
}
