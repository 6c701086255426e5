package clientstorage_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// listKey returns the key of the list that names user at a node, where no other
// user is.
func (w *world) listKey(t *testing.T, s *clientstorage.Storage, user string) string {
	t.Helper()
	for bucket := range int64(64) {
		key := fmt.Sprintf("rollcall:u:%v:6:%s", s.Node(), base36(bucket))
		if list, err := w.cache.Fetch(t.Context(), key); err == nil && strings.Contains(string(list), user) {
			return key
		}
	}
	t.Fatalf("no list names %s", user)
	return ""
}

func base36(n int64) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	if n < 36 {
		return digits[n : n+1]
	}
	return base36(n/36) + base36(n%36)
}

// stepsOf returns the part of an explanation that is about one node.
func stepsOf(e clientstorage.Explanation, s *clientstorage.Storage) clientstorage.Explanation {
	all := e.Steps
	e.Steps = nil
	for _, step := range all {
		if step.Node == s.Node().String() {
			e.Steps = append(e.Steps, step)
		}
	}
	return e
}

const (
	yesList  = "yes list: list N of level 6 names the user, on 1 page"
	noList   = "no list: list N of level 6 is not there: it is empty, or the cache has dropped it"
	yesOne   = "yes client: 1 client on the pages that are listed"
	yesWrite = "yes write: this node has written all of it"
	notWrite = "no write: this node has written it, and the cache does not have it as it was written; it is written again within 10 minutes"
	noMember = "no client: this storage is no node: it has attached nobody, or is closed"
	unlisted = "no page: not listed, so ByUser misses 1 client there, which All finds: page 0"
)

func TestExplainUser(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *world, *clientstorage.Client){
		"on another node": func(t *testing.T, w *world, _ *clientstorage.Client) {
			e := w.one.ExplainUser(t.Context(), "bob")
			wantStep(t, e, 0, "no client: none attached to this node")
			wantSteps(t, stepsOf(e, w.two), true, false, yesLease, yesList, yesOne)
			e = w.reader.ExplainUser(t.Context(), "bob")
			wantStep(t, e, 0, noMember)
			wantSteps(t, stepsOf(e, w.one), true, false, yesLease, noList)
			wantSteps(t, stepsOf(e, w.two), true, false, yesLease, yesList, yesOne)
		},
		"here": func(t *testing.T, w *world, _ *clientstorage.Client) {
			wantSteps(t, stepsOf(w.two.ExplainUser(t.Context(), "bob"), w.two), true, false,
				"yes client: 1 client attached to this node", "yes lease: 0s old; it covers 1 page", yesList, yesOne, yesWrite)
		},
		"another user's list": func(t *testing.T, w *world, _ *clientstorage.Client) {
			key := w.listKey(t, w.two, "bob")
			for i := range 1000 { // until another user shares the list
				name := fmt.Sprint("user-", i)
				c := attach(t, w.two, name)
				if list, _ := w.cache.Fetch(t.Context(), key); strings.Contains(string(list), name) {
					detach(t, w.two, c)
					wantSteps(t, stepsOf(w.one.ExplainUser(t.Context(), name), w.two), false, false,
						yesLease, "no list: list N of level 6 does not name the user")
					return
				}
				detach(t, w.two, c)
			}
			t.Error("no other user shares the list")
		},
		"nowhere": func(t *testing.T, w *world, bob *clientstorage.Client) {
			detach(t, w.two, bob)
			e := w.reader.ExplainUser(t.Context(), "bob")
			wantSteps(t, stepsOf(e, w.two), false, false, yesLease, noList)
		},
		"node killed": func(t *testing.T, w *world, _ *clientstorage.Client) {
			w.reader.ExplainUser(t.Context(), "bob")
			w.link.set(errDown, false)
			time.Sleep(7 * time.Second)
			e := w.reader.ExplainUser(t.Context(), "bob")
			wantSteps(t, stepsOf(e, w.two), false, false, noLease,
				"yes list: list N of level 6 still names the user, who was there when the node last wrote it")
			if name := stepsOf(e, w.two).Steps[0].Name; name != "web-2" {
				t.Errorf("the node that is gone is called %q", name)
			}
		},
		"list gone": func(t *testing.T, w *world, _ *clientstorage.Client) {
			w.drop(t, w.listKey(t, w.two, "bob"))
			e := w.one.ExplainUser(t.Context(), "bob")
			wantSteps(t, stepsOf(e, w.two), false, false, yesLease, noList, unlisted)
			e = w.two.ExplainUser(t.Context(), "bob")
			wantSteps(t, stepsOf(e, w.two), true, false,
				"yes client: 1 client attached to this node", "yes lease: 0s old; it covers 1 page", noList, unlisted, notWrite)
		},
		"list behind": func(t *testing.T, w *world, bob *clientstorage.Client) {
			key := w.listKey(t, w.two, "bob")
			older, err := w.cache.Fetch(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			for range 16 {
				attach(t, w.two, "bob") // one of them on the next page
			}
			detach(t, w.two, bob)
			for _, c := range clientsOf(w.two)[:15] {
				detach(t, w.two, c)
			}
			if err := w.cache.Save(t.Context(), key, older, time.Minute); err != nil {
				t.Fatal(err)
			}
			e := w.one.ExplainUser(t.Context(), "bob")
			wantSteps(t, stepsOf(e, w.two), false, false,
				"yes lease: at most 6s old; it covers 2 pages", yesList,
				"no page: listed, but no client of the user is there: page 0",
				"no page: not listed, so ByUser misses 1 client there, which All finds: page 1")
		},
		"page gone": func(t *testing.T, w *world, _ *clientstorage.Client) {
			w.drop(t, pageKey(w.two))
			wantSteps(t, stepsOf(w.one.ExplainUser(t.Context(), "bob"), w.two), false, false,
				yesLease, yesList, "no page: listed, but no client of the user is there: page 0")
		},
		"corrupt": func(t *testing.T, w *world, _ *clientstorage.Client) {
			list := w.listKey(t, w.two, "bob")
			w.spoil(t, list)
			e := stepsOf(w.one.ExplainUser(t.Context(), "bob"), w.two)
			wantSteps(t, e, false, true, yesLease, "no list: list N of level 6 cannot be read", unlisted)
			w.spoil(t, pageKey(w.two))
			e = stepsOf(w.one.ExplainUser(t.Context(), "bob"), w.two)
			wantSteps(t, e, false, true, yesLease, "no list: list N of level 6 cannot be read", "no page: 1 page cannot be read")
			wantErr(t, e, clientstorage.ErrCorrupt)
			w.spoil(t, "rollcall:nodes")
			e = w.reader.ExplainUser(t.Context(), "bob")
			wantStep(t, e, 1, "no node: the list of nodes cannot be read")
		},
		"cache down": func(t *testing.T, w *world, _ *clientstorage.Client) {
			w.link.set(errDown, false)
			attach(t, w.two, "carol")
			time.Sleep(500 * time.Millisecond)
			e := w.two.ExplainUser(t.Context(), "carol")
			wantSteps(t, e, true, true, "yes client: 1 client attached to this node",
				"no node: the list of nodes cannot be read",
				"no write: 2 keys to be written, for which the cache must be back: it has failed for 500ms")
			wantErr(t, e, errDown)
		},
		"not in the list of nodes": func(t *testing.T, w *world, _ *clientstorage.Client) {
			w.drop(t, "rollcall:nodes")
			e := w.two.ExplainUser(t.Context(), "bob")
			wantStep(t, e, 1, "no node: not in the list of nodes, so no other node asks this one; it adds itself with its next heartbeat")
			wantStep(t, e, -2, yesOne)
			wantSteps(t, w.reader.ExplainUser(t.Context(), "bob"), false, false, noMember, "no node: there is no other node")
		},
		"no name": func(t *testing.T, w *world, _ *clientstorage.Client) {
			const impossible = "no user: no client can have this name: it is empty, or longer than 255 bytes"
			wantSteps(t, w.one.ExplainUser(t.Context(), ""), false, false, impossible)
			wantSteps(t, w.one.ExplainUser(t.Context(), strings.Repeat("x", 256)), false, false, impossible)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				bob := attach(t, w.two, "bob")
				detach(t, w.one, clientsOf(w.one)[0]) // so that no other list is there
				synctest.Wait()                       // for the first heartbeats
				test(t, w, bob)
			})
		})
	}
}

func clientsOf(s *clientstorage.Storage) (clients []*clientstorage.Client) {
	for c := range s.Local().All() {
		clients = append(clients, c)
	}
	return clients
}

// An explanation is bounded, however many nodes there are, and tells of those
// first that have something to tell.
func TestExplainUserBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d clientstorage.MemoryDriver
		for i := range 30 {
			s := newShared(t, &d)
			attach(t, s, "zoe")
			if i%3 == 0 {
				attach(t, s, "bob")
			}
		}
		reader := newShared(t, &d)
		e := reader.ExplainUser(t.Context(), "bob")
		if n := len(e.Steps); n != 1+8*3+1 {
			t.Errorf("%d steps:\n%v", n, e)
		}
		wantStep(t, e, -2, yesOne)
		wantStep(t, e, -1, "no rest: 22 nodes left out, 2 of them with something to tell")
	})
}

// However many pages there are, only so many are searched, and few named.
func TestExplainUserManyPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for range 16 * 20 {
			attach(t, w.two, "bob")
		}
		w.drop(t, w.listKey(t, w.two, "bob"))
		e := w.one.ExplainUser(t.Context(), "bob")
		wantSteps(t, stepsOf(e, w.two), false, false, "yes lease: at most 6s old; it covers 32 pages", noList,
			"no page: not listed, so ByUser misses 320 clients there, which All finds: page 0, 1, 2, 3, 4, 5, 6, 7, ...")
		for range 16 * 1024 {
			attach(t, w.two, "bob")
		}
		wantStep(t, w.one.ExplainUser(t.Context(), "alice"), -1, "no rest: only 1024 of the pages that no list names were searched")
	})
}
