package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// An explanation is for those who are signed in.
func TestExplainIsRefused(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	id := b.openTab().me.ID.String()
	for _, query := range []string{"?id=" + id, "?user=alice", ""} {
		if r := b.do("GET", "/explain"+query, ""); r.StatusCode != http.StatusUnauthorized || !strings.Contains(string(r.body), "sign in") {
			t.Errorf("GET /explain%s: %s %s", query, r.Status, r.body)
		}
	}
	b.signIn("alice")
	for _, query := range []string{"", "?id=" + id + "&user=alice"} {
		if r := b.do("GET", "/explain"+query, ""); r.StatusCode != http.StatusBadRequest {
			t.Errorf("GET /explain%s: %s", query, r.Status)
		}
	}
	b.do("POST", "/logout", "")
	if r := b.do("GET", "/explain?id="+id, ""); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("GET /explain after the sign-out: %s", r.Status)
	}
}

func (b *browser) explain(query string) (why clientstorage.Explanation) {
	b.t.Helper()
	if status := b.get("/explain?"+query, &why); status != http.StatusOK || len(why.Steps) == 0 {
		b.t.Fatalf("GET /explain?%s: %d, %+v", query, status, why)
	}
	return why
}

func TestExplain(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t, ""))
	b.signIn("alice")
	tab := b.openTab()
	for _, query := range []string{"id=" + tab.me.ID.String(), "user=alice"} {
		if why := b.explain(query); !why.Visible || why.Steps[0].Node != tab.me.Node || why.Steps[0].Name != t.Name() {
			t.Errorf("%s: %+v", query, why)
		}
	}
	for _, user := range []string{"bob", "", "<b>nobody</b>", strings.Repeat("x", 300)} {
		if why := b.explain(url.Values{"user": {user}}.Encode()); why.Visible {
			t.Errorf("%.20s: %+v", user, why)
		}
	}
	if why := b.explain("id=nobody"); why.Visible || why.Steps[0].What != "id" {
		t.Errorf("a malformed id: %+v", why)
	}

	r := b.do("GET", "/explain?id="+tab.me.ID.String(), "", "Accept: text/plain")
	if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") || !strings.HasPrefix(string(r.body), "visible\n  yes "+t.Name()+" ("+tab.me.Node+") client: attached to this node\n") {
		t.Errorf("in text/plain: %s\n%s", kind, r.body)
	}
}

// Where the cache is, is not for visitors.
func TestExplainKeepsErrors(t *testing.T) {
	t.Parallel()
	testserver.Lookup(t, "redis-server", "redis-server")
	redis, stop, err := testserver.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	site, app := start(t, redis)
	t.Cleanup(func() { app.close(t.Context()) }) // which fails, for the Redis is gone
	stop()
	why := app.storage.ExplainUser(t.Context(), "alice")
	if !why.Unread || !strings.Contains(why.String(), redis) {
		t.Fatalf("without the Redis at %s:\n%v", redis, why)
	}
	keepErrors(why)
	if text := why.String(); strings.Contains(text, redis) || !strings.Contains(text, "cannot be read") {
		t.Errorf("the Redis is at %s, and the visitors of %s read\n%s", redis, site, text)
	}
}

// The nodes come with their names, their counts and the age of what they said.
func TestNodes(t *testing.T) {
	t.Parallel()
	redis := testserver.Redis(t)
	here, there := newBrowser(t, open(t, redis)), newBrowser(t, open(t, redis))
	mine, other := here.openTab(), there.openTab()
	for {
		m := mine.next("nodes")
		if len(m.Nodes) < 2 || m.Nodes[1].Clients == 0 {
			continue
		}
		own, foreign := m.Nodes[0], m.Nodes[1]
		if own.ID != mine.me.Node || own.Name != t.Name() || own.Clients != 1 || own.Users != 1 || own.Anonymous != 1 || own.Age != 0 {
			t.Errorf("the own node is %+v", own)
		}
		if foreign.ID != other.me.Node || foreign.Name != t.Name() || foreign.Age <= 0 || m.Partial {
			t.Errorf("the other node is %+v, partial %t", foreign, m.Partial)
		}
		break
	}
	var list []clientView
	here.get("/clients", &list)
	for _, c := range list {
		if own := c.ID == mine.me.ID; own != (c.Age == 0) {
			t.Errorf("GET /clients says %+v to node %s", c, mine.me.Node)
		}
	}
}
