package providers

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/ristretto"
	"github.com/eko/gocache/lib/v4/store"
	ristrettostore "github.com/eko/gocache/store/ristretto/v4"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A cache that is too small for its clients forgets some of them, or does not
// take them. That must cost no more than their being seen by others: their own
// node knows them, and nobody appears who has gone. Of one that makes room for
// what is new, that is seen; ristretto may refuse what is new, the lease as well.
func TestTooSmall(t *testing.T) {
	for _, test := range []struct {
		name      string
		open      func(t *testing.T) store.StoreInterface
		makesRoom bool
	}{
		{"memcached of 1 MB", func(t *testing.T) store.StoreInterface { return newMemcache(t, testserver.SmallMemcached(t)) }, true},
		{"ristretto of 512 KiB", newSmallRistretto, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := decorate[any](t, test.open(t))
			opts := &clientstorage.Options{Logger: slog.New(slog.DiscardHandler)}
			a, err := clientstorage.New(d, opts)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { a.Close(t.Context()) })
			b, err := clientstorage.New(d, opts)
			if err != nil {
				t.Fatal(err)
			}
			overfill(t, a, b, test.makesRoom)
		})
	}
}

func newSmallRistretto(t *testing.T) store.StoreInterface {
	cache, err := ristretto.NewCache(&ristretto.Config{NumCounters: 1e5, MaxCost: 512 << 10, BufferItems: 64})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	return ristrettostore.NewRistretto(cache)
}

func overfill(t *testing.T, a, b *clientstorage.Storage, makesRoom bool) {
	ctx := t.Context()
	const clients = 8000 // some 4 MB
	page := map[string]string{"page": strings.Repeat("/a/long/path", 40)}
	there := make(map[clientstorage.ID]bool)
	var ids []clientstorage.ID
	for i := range clients {
		c, err := a.Attach(ctx, clientstorage.Client{User: fmt.Sprint("user", i), Attributes: page})
		if err != nil {
			t.Fatalf("Attach: %v", err)
		}
		there[c.ID] = true
		ids = append(ids, c.ID)
	}
	// In the rush even the lease may have been pushed out; a heartbeat later it
	// is there again.
	if seen := lookUntil(t, b, there, 1, makesRoom); seen == clients {
		t.Errorf("another node sees all of %d clients; the cache is not too small", clients)
	}
	if n := a.Local().Count().Clients; n != clients {
		t.Errorf("the node itself has %d of its %d clients", n, clients)
	}
	for _, id := range ids[100:] {
		if err := a.Detach(ctx, id, nil); err != nil {
			t.Fatalf("Detach: %v", err)
		}
		delete(there, id)
	}
	look(t, b, there)
	for i := range 100 { // for these there is room
		c, err := a.Attach(ctx, clientstorage.Client{User: fmt.Sprint("late", i)})
		if err != nil {
			t.Fatal(err)
		}
		there[c.ID] = true
	}
	lookUntil(t, b, there, 100, makesRoom)
}

// lookUntil counts whom a node sees, who must become so many, if that is wanted.
func lookUntil(t *testing.T, s *clientstorage.Storage, there map[clientstorage.ID]bool, want int, wanted bool) (n int) {
	t.Helper()
	for range 100 {
		if n = look(t, s, there); n >= want || !wanted {
			return n
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("another node sees %d clients; want at least %d", n, want)
	return n
}

// look counts whom a node sees, who must all be there, once.
func look(t *testing.T, s *clientstorage.Storage, there map[clientstorage.ID]bool) int {
	t.Helper()
	seen := make(map[clientstorage.ID]bool)
	for c, err := range s.All(t.Context()) {
		switch {
		case err != nil:
			t.Errorf("All: %v", err)
		case !there[c.ID]:
			t.Errorf("All has %s, who is not there", c.User)
		case seen[c.ID]:
			t.Errorf("All has %s twice", c.User)
		default:
			seen[c.ID] = true
		}
	}
	return len(seen)
}
