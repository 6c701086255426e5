package clientstorage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func newLimited(t *testing.T, d clientstorage.Driver, limit clientstorage.Limit) *clientstorage.Storage {
	t.Helper()
	s, err := clientstorage.New(d, &clientstorage.Options{PerUser: limit, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

func TestLimitRefuses(t *testing.T) {
	s := newLimited(t, nil, clientstorage.Limit{Max: 2})
	first := attach(t, s, "alice")
	attach(t, s, "alice")
	if c, err := s.Attach(t.Context(), clientstorage.Client{User: "alice"}); !errors.Is(err, clientstorage.ErrLimit) || c != nil {
		t.Errorf("the third client: %v, %v; want ErrLimit", c, err)
	}
	attach(t, s, "bob")
	detach(t, s, first)
	attach(t, s, "alice")
	if got, want := s.Local().Count(), (clientstorage.Count{Clients: 3, Users: 2}); got != want {
		t.Errorf("Count: %+v; want %+v", got, want)
	}
}

func TestLimitDetachesOldest(t *testing.T) {
	s := newLimited(t, nil, clientstorage.Limit{Max: 2, DetachOldest: true})
	var gone []clientstorage.ID
	s.Hook(clientstorage.Hooks{Detached: func(c *clientstorage.Client, reason error) {
		if !errors.Is(reason, clientstorage.ErrDisplaced) {
			t.Errorf("detached for %v; want ErrDisplaced", reason)
		}
		gone = append(gone, c.ID)
	}})
	var ids []clientstorage.ID
	for range 5 {
		ids = append(ids, attach(t, s, "alice").ID)
	}
	if !slices.Equal(gone, ids[:3]) {
		t.Errorf("%d clients were detached, not the three oldest in their order", len(gone))
	}
	for i, id := range ids {
		if _, err := s.Lookup(t.Context(), id); (err == nil) != (i >= 3) {
			t.Errorf("Lookup of client %d of 5: %v", i, err)
		}
	}
}

// On one node the limit is exact, however many come at once.
func TestLimitIsExact(t *testing.T) {
	for _, oldest := range []bool{false, true} {
		t.Run(fmt.Sprint("detach oldest ", oldest), func(t *testing.T) {
			s := newLimited(t, nil, clientstorage.Limit{Max: 3, DetachOldest: oldest})
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range 100 {
						c, err := s.Attach(t.Context(), clientstorage.Client{User: "alice"})
						if err != nil && (oldest || !errors.Is(err, clientstorage.ErrLimit)) {
							t.Error(err)
						}
						if n := len(slices.Collect(s.Local().ByUser("alice"))); n > 3 {
							t.Errorf("%d clients of a user who may have 3", n)
						}
						if err == nil {
							s.Detach(t.Context(), c.ID, nil)
						}
					}
				})
			}
			wg.Wait()
			if n := s.Local().Count(); n != (clientstorage.Count{}) {
				t.Errorf("Count in the end: %+v", n)
			}
		})
	}
}

// Across nodes the limit counts the clients that the cache knows of; if it
// cannot be asked, those of this node.
func TestLimitAcrossNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &link{Driver: new(clientstorage.MemoryDriver)}
		a := newLimited(t, d, clientstorage.Limit{Max: 3})
		b := newLimited(t, d, clientstorage.Limit{Max: 3})
		c := newLimited(t, d, clientstorage.Limit{Max: 3, DetachOldest: true})
		attach(t, a, "alice")
		attach(t, a, "alice")
		attach(t, b, "alice")
		for _, s := range []*clientstorage.Storage{a, b} {
			if _, err := s.Attach(t.Context(), clientstorage.Client{User: "alice"}); !errors.Is(err, clientstorage.ErrLimit) {
				t.Errorf("the fourth client: %v; want ErrLimit", err)
			}
		}
		first := attach(t, c, "alice") // those of other nodes stay
		attach(t, c, "alice")          // its own do not
		if _, err := c.Lookup(t.Context(), first.ID); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Lookup of the oldest of the node: %v; want ErrNotFound", err)
		}
		if n := len(names(t, a.ByUser(t.Context(), "alice"))); n != 4 {
			t.Errorf("%d clients; want those three and one", n)
		}
		d.set(errDown, false)
		attach(t, b, "alice") // nobody knows of the others
		d.set(nil, false)
	})
}
