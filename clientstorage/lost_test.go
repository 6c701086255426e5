package clientstorage_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A stubborn link refuses to save some keys, while it is told to.
type stubborn struct {
	*link
	refuse atomic.Pointer[string] // what those keys contain
}

func (s *stubborn) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if part := s.refuse.Load(); part != nil && strings.Contains(key, *part) {
		return errDown
	}
	return s.link.Save(ctx, key, value, ttl)
}

func (s *stubborn) refuses(part string) { s.refuse.Store(&part) }

// The cache is wiped, and then takes nothing for a while. Everything is written
// again all the same, not only what was tried in between.
func TestWipedAndThenReadOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &stubborn{link: &link{Driver: &clientstorage.MemoryDriver{}}}
		a, b := newShared(t, l), newShared(t, l)
		for range 200 {
			attach(t, a, "alice")
		}
		settle()
		l.replace(&clientstorage.MemoryDriver{})
		l.refuses("")
		time.Sleep(2500 * time.Millisecond)
		l.refuse.Store(nil)
		time.Sleep(20 * time.Second)
		if got := len(names(t, b.All(t.Context()))); got != 200 {
			t.Errorf("the other node sees %d clients; want 200", got)
		}
	})
}

// The cache is wiped before it has taken the first lease of a node.
func TestWipedBeforeTheFirstLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &stubborn{link: &link{Driver: &clientstorage.MemoryDriver{}}}
		a, b := newShared(t, l), newShared(t, l)
		l.refuses(":l:")
		attach(t, a, "alice")
		l.replace(&clientstorage.MemoryDriver{})
		l.refuse.Store(nil)
		time.Sleep(20 * time.Second)
		if got := len(names(t, b.All(t.Context()))); got != 1 {
			t.Errorf("the other node sees %d clients; want 1", got)
		}
	})
}

// The list of nodes is gone with everything else but the lease, and the cache
// fails just when the node looks at what is left.
func TestListOfNodesGoneAndThenAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &clientstorage.MemoryDriver{}
		w := &selective{link: &link{Driver: first}}
		a, b := newShared(t, w), newShared(t, w)
		for range 200 {
			attach(t, a, "alice")
		}
		settle()
		// A repeated write of the lease is all that the new cache has.
		second := &clientstorage.MemoryDriver{}
		key := "rollcall:l:" + a.Node().String()
		lease, err := first.Fetch(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Save(t.Context(), key, lease, 6*time.Second); err != nil {
			t.Fatal(err)
		}
		w.failPages.Store(true)
		w.replace(second)
		time.Sleep(2500 * time.Millisecond)
		w.failPages.Store(false)
		time.Sleep(20 * time.Second)
		if got := len(names(t, b.All(t.Context()))); got != 200 {
			t.Errorf("the other node sees %d clients; want 200", got)
		}
	})
}

// A selective link fails to fetch pages and lists, while it is told to.
type selective struct {
	*link
	failPages atomic.Bool
}

func (s *selective) Fetch(ctx context.Context, key string) ([]byte, error) {
	if s.failPages.Load() && (strings.Contains(key, ":p:") || strings.Contains(key, ":u:")) {
		return nil, errDown
	}
	return s.link.Fetch(ctx, key)
}
