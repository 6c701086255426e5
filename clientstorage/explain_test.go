package clientstorage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// Any storage that shares the cache can be asked why a client is not there.
func ExampleStorage_Explain() {
	ctx := context.Background()
	var cache clientstorage.MemoryDriver // stands for any shared cache
	node, err := clientstorage.New(&cache, &clientstorage.Options{Name: "web-1"})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close(ctx)
	website, err := clientstorage.New(&cache, nil)
	if err != nil {
		log.Fatal(err)
	}

	alice, err := node.Attach(ctx, clientstorage.Client{User: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("visible:", website.Explain(ctx, alice.ID).Visible)

	node.Detach(ctx, alice.ID, nil)
	node.Attach(ctx, clientstorage.Client{User: "bob"})
	why := website.Explain(ctx, alice.ID) // print it, or give it to your logger
	fmt.Println("visible:", why.Visible)
	for _, step := range why.Steps {
		if !step.Found {
			fmt.Printf("%s, %s: %s\n", step.Name, step.What, step.Detail)
		}
	}
	// Output:
	// visible: true
	// visible: false
	// web-1, client: it has left: its slot was given to another client since
}

const (
	yesNode   = "yes node: in the list of 2 nodes"
	yesLease  = "yes lease: at most 6s old; it covers 1 page"
	yesPage   = "yes page: page 0 is there, and the lease covers it"
	yesClient = "yes client: on the page"
	noLease   = "no lease: gone, and with it all clients of the node: it was closed or killed, or has not reached the cache for as long as a lease lasts"
)

func TestExplain(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *world, *clientstorage.Client){
		"on another node": func(t *testing.T, w *world, bob *clientstorage.Client) {
			for _, s := range []*clientstorage.Storage{w.one, w.reader} {
				wantSteps(t, s.Explain(t.Context(), bob.ID), true, false, yesNode, yesLease, yesPage, yesClient)
			}
		},
		"here": func(t *testing.T, w *world, bob *clientstorage.Client) {
			time.Sleep(time.Second)
			wantSteps(t, w.two.Explain(t.Context(), bob.ID), true, false,
				"yes client: attached to this node", yesNode, "yes lease: 1s old; it covers 1 page", yesPage, yesClient,
				"yes write: this node has written all of it")
		},
		"left here": func(t *testing.T, w *world, bob *clientstorage.Client) {
			detach(t, w.two, bob)
			e := w.two.Explain(t.Context(), bob.ID)
			wantStep(t, e, 0, "no client: it was attached to this node and has left")
			wantStep(t, e, -1, "yes write: this node has written all of it")
			attach(t, w.two, "carol")
			wantStep(t, w.two.Explain(t.Context(), bob.ID), 0,
				"no client: it was attached to this node and has left: its slot was given to another client since")
		},
		"node killed": func(t *testing.T, w *world, bob *clientstorage.Client) {
			w.one.Explain(t.Context(), bob.ID) // so that it knows the node's name
			w.link.set(errDown, false)
			time.Sleep(7 * time.Second)
			e := w.one.Explain(t.Context(), bob.ID)
			wantSteps(t, e, false, false, yesNode, noLease)
			if step := e.Steps[1]; step.Node != w.two.Node().String() || step.Name != "web-2" {
				t.Errorf("the lease is said to be that of %s (%s)", step.Name, step.Node)
			}
			wantSteps(t, w.reader.Explain(t.Context(), bob.ID), false, false, yesNode, noLease)
		},
		"node closed": func(t *testing.T, w *world, bob *clientstorage.Client) {
			if err := w.two.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantSteps(t, w.one.Explain(t.Context(), bob.ID), false, false,
				"no node: not in the list of 1 node, so only Lookup finds its clients; while it lives, it adds itself with its next heartbeat", noLease)
			wantStep(t, w.two.Explain(t.Context(), bob.ID), -1, "no write: this storage is closed and writes no more")
		},
		"page gone": func(t *testing.T, w *world, bob *clientstorage.Client) {
			w.drop(t, pageKey(w.two))
			const gone = "no page: page 0 is not there: no client is on it, or the cache has dropped it, and then its node writes it again within 10 minutes"
			wantSteps(t, w.one.Explain(t.Context(), bob.ID), false, false, yesNode, yesLease, gone)
			e := w.two.Explain(t.Context(), bob.ID)
			wantStep(t, e, 0, "yes client: attached to this node")
			wantStep(t, e, 3, gone)
			wantStep(t, e, -1, "no write: this node has written it, and the cache does not have it as it was written; it is written again within 10 minutes")
		},
		"slot used again": func(t *testing.T, w *world, bob *clientstorage.Client) {
			older, err := w.cache.Fetch(t.Context(), pageKey(w.two))
			if err != nil {
				t.Fatal(err)
			}
			detach(t, w.two, bob)
			carol := attach(t, w.two, "carol")
			wantSteps(t, w.one.Explain(t.Context(), bob.ID), false, false, yesNode, yesLease, yesPage,
				"no client: it has left: its slot was given to another client since")
			if err := w.cache.Save(t.Context(), pageKey(w.two), older, time.Minute); err != nil {
				t.Fatal(err)
			}
			wantStep(t, w.one.Explain(t.Context(), carol.ID), -1,
				"no client: not yet on the page, which still has the client that was in the slot before")
		},
		"left the page": func(t *testing.T, w *world, bob *clientstorage.Client) {
			attach(t, w.two, "carol")
			detach(t, w.two, bob)
			wantStep(t, w.one.Explain(t.Context(), bob.ID), -1, "no client: not on the page: it has left, or is not written yet")
		},
		"not in the list of nodes": func(t *testing.T, w *world, bob *clientstorage.Client) {
			w.drop(t, "rollcall:nodes")
			wantSteps(t, w.one.Explain(t.Context(), bob.ID), true, false, "no node: there is no list of nodes", yesLease, yesPage, yesClient)
		},
		"page corrupt": func(t *testing.T, w *world, bob *clientstorage.Client) {
			w.spoil(t, pageKey(w.two))
			e := w.one.Explain(t.Context(), bob.ID)
			wantSteps(t, e, false, true, yesNode, yesLease, "no page: page 0 cannot be read")
			wantErr(t, e, clientstorage.ErrCorrupt)
		},
		"lease corrupt": func(t *testing.T, w *world, bob *clientstorage.Client) {
			w.spoil(t, leaseKey(w.two))
			e := w.one.Explain(t.Context(), bob.ID)
			wantSteps(t, e, false, true, yesNode, "no lease: cannot be read")
			wantErr(t, e, clientstorage.ErrCorrupt)
		},
		"cache down": func(t *testing.T, w *world, bob *clientstorage.Client) {
			w.link.set(errDown, false)
			zoe := slices.Collect(w.one.Local().All())[0]
			e := w.two.Explain(t.Context(), zoe.ID)
			wantSteps(t, e, false, true, "no node: the list of nodes cannot be read", "no lease: cannot be read")
			wantErr(t, e, errDown)

			time.Sleep(3500 * time.Millisecond) // it has been noticed after two seconds
			wantStep(t, w.two.Explain(t.Context(), bob.ID), -1, "no write: the cache has failed for 1.5s; nothing else of this is to be written")
			w.link.set(nil, false)
			time.Sleep(time.Second)

			w.link.set(errDown, false)
			carol := attach(t, w.two, "carol") // which fails to be written
			time.Sleep(1500 * time.Millisecond)
			e = w.two.Explain(t.Context(), carol.ID)
			wantStep(t, e, 0, "yes client: attached to this node")
			wantStep(t, e, -1, "no write: 1 key to be written, for which the cache must be back: it has failed for 1.5s")
			if !e.Visible || !e.Unread || !errors.Is(e.Steps[len(e.Steps)-1].Err, errDown) {
				t.Errorf("visible %t, unread %t, the last error %v", e.Visible, e.Unread, e.Steps[len(e.Steps)-1].Err)
			}
			// The others see what the node says: that it is not there yet.
			wantStep(t, w.one.Explain(t.Context(), carol.ID), -1, "no client: not on the page: it has left, or is not written yet")
		},
		"unknown node": func(t *testing.T, w *world, _ *clientstorage.Client) {
			id, err := clientstorage.ParseID("AAAAAAAAAAEAAAAAAAAAAQ")
			if err != nil {
				t.Fatal(err)
			}
			wantSteps(t, w.one.Explain(t.Context(), id), false, false,
				"no node: not in the list of 2 nodes, so only Lookup finds its clients; while it lives, it adds itself with its next heartbeat", noLease)
		},
		"no id": func(t *testing.T, w *world, bob *clientstorage.Client) {
			const malformed = "no id: no client ever has this id: it is malformed"
			wantSteps(t, w.one.Explain(t.Context(), clientstorage.ID{}), false, false, malformed)
			tooHigh, err := clientstorage.ParseID(bob.ID.String()[:11] + "_____wAAAAE")
			if err != nil {
				t.Fatal(err)
			}
			wantSteps(t, w.one.Explain(t.Context(), tooHigh), false, false, malformed)
		},
		"never given out": func(t *testing.T, w *world, bob *clientstorage.Client) {
			id, err := clientstorage.ParseID(bob.ID.String()[:11] + "AAAABQAAAAE")
			if err != nil {
				t.Fatal(err)
			}
			wantStep(t, w.two.Explain(t.Context(), id), 0, "no client: this node has not given out this id")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				bob := attach(t, w.two, "bob")
				synctest.Wait() // for the first heartbeats
				test(t, w, bob)
			})
		})
	}
}

// A noPages is a cache that takes anything but pages.
type noPages struct{ clientstorage.Driver }

func (d noPages) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if strings.Contains(key, ":p:") {
		return errDown
	}
	return d.Driver.Save(ctx, key, value, ttl)
}

// A cache that is behind is seen at the node, and by the others.
func TestExplainBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.link.replace(noPages{&w.cache})
		bob := attach(t, w.two, "bob")
		time.Sleep(5 * time.Second)
		e := w.two.Explain(t.Context(), bob.ID)
		wantStep(t, e, -1, "no write: 1 key to be written")
		if err := e.Steps[len(e.Steps)-1].Err; !errors.Is(err, errDown) {
			t.Errorf("the key is to be written because of %v", err)
		}
		wantStep(t, w.one.Explain(t.Context(), bob.ID), 1,
			"yes lease: at most 10s old; it covers 1 page; the node says that the cache was behind by 4s")
	})
}

// A page that the lease does not cover yet is found by Lookup only.
func TestExplainUncovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		bob := attach(t, w.two, "bob")
		older, err := w.cache.Fetch(t.Context(), leaseKey(w.two))
		if err != nil {
			t.Fatal(err)
		}
		for range 16 {
			bob = attach(t, w.two, "bob")
		}
		wantStep(t, w.one.Explain(t.Context(), bob.ID), 2, "yes page: page 1 is there, and the lease covers it")
		if err := w.cache.Save(t.Context(), leaseKey(w.two), older, time.Minute); err != nil {
			t.Fatal(err)
		}
		e := w.one.Explain(t.Context(), bob.ID)
		wantStep(t, e, 2, "yes page: page 1 is there, but the lease does not cover it yet, so All does not read it")
		if !e.Visible {
			t.Error("the client is said not to be visible")
		}
	})
}

func TestExplainAlone(t *testing.T) {
	s := newLocal(t)
	alice := attach(t, s, "alice")
	const alone = "no cache: this storage has none, so there are no other nodes"
	wantSteps(t, s.Explain(t.Context(), alice.ID), true, false, "yes client: attached to this node", alone)
	wantSteps(t, s.ExplainUser(t.Context(), "alice"), true, false, "yes client: 1 client attached to this node", alone)
	other := attach(t, newLocal(t), "bob")
	wantSteps(t, s.Explain(t.Context(), other.ID), false, false,
		"no cache: the id is another node's, and this storage has no cache to find it in")
}

// An explanation is what logs and pages show, whoever chose the names in it.
func TestExplanationText(t *testing.T) {
	e := clientstorage.Explanation{Unread: true, Steps: []clientstorage.Step{
		{Node: "AAAAAAAAAAE", Name: "web\n\x1b[2J", What: "lease", Found: true, Detail: "1s old"},
		{Node: "AAAAAAAAAAE", What: "page", Detail: "page 0 cannot be read", Err: errors.New("no route to cache.internal")},
		{What: "rest", Detail: "2 nodes left out"},
	}}
	const text = `not seen, but not all could be read
  yes web??[2J (AAAAAAAAAAE) lease: 1s old
  err AAAAAAAAAAE page: page 0 cannot be read: no route to cache.internal
  no  rest: 2 nodes left out`
	if got := e.String(); got != text {
		t.Errorf("the text is\n%s\nwant\n%s", got, text)
	}
	got, err := json.Marshal(e)
	const want = `{"visible":false,"unread":true,"steps":[` +
		`{"node":"AAAAAAAAAAE","name":"web\n\u001b[2J","what":"lease","found":true,"detail":"1s old"},` +
		`{"node":"AAAAAAAAAAE","what":"page","found":false,"detail":"page 0 cannot be read"},` +
		`{"what":"rest","found":false,"detail":"2 nodes left out"}]}`
	if err != nil || string(got) != want {
		t.Errorf("the JSON is %s, %v; want %s", got, err, want)
	}
}
