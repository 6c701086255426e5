package decorator_test

import (
	"context"
	"testing"
	"time"

	"github.com/eko/gocache/lib/v4/store"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A guarded store tells when it is used in a way that would reach beyond the
// keys of one storage.
type guarded struct {
	store.StoreInterface
	t *testing.T
}

func (g guarded) Clear(context.Context) error {
	g.t.Error("Clear was called, which empties a cache that others use")
	return nil
}

func (g guarded) Invalidate(context.Context, ...store.InvalidateOption) error {
	g.t.Error("Invalidate was called")
	return nil
}

func (g guarded) Set(ctx context.Context, key, value any, options ...store.Option) error {
	if o := store.ApplyOptions(options...); len(o.Tags) > 0 || o.Expiration <= 0 {
		g.t.Errorf("Set with the tags %q and the expiration %v", o.Tags, o.Expiration)
	}
	return g.StoreInterface.Set(ctx, key, value, options...)
}

// The whole life of a storage clears nothing, uses no tags and saves nothing for
// ever, and two prefixes in one cache are two worlds.
func TestOnlyOwnKeys(t *testing.T) {
	ctx := t.Context()
	cache := guarded{newRistretto(t, 64<<20), t}
	d := decorate(t, cache)
	if err := cache.StoreInterface.Set(ctx, "somebody else's", []byte("x"), store.WithSynchronousSet(), store.WithExpiration(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"a:", "b:", "a"} {
		s, err := clientstorage.New(d, &clientstorage.Options{Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			c, err := s.Attach(ctx, clientstorage.Client{User: "alice"})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Detach(ctx, c.ID, nil)
		}
		n := 0
		for _, err := range s.All(ctx) {
			if err != nil {
				t.Error(err)
			}
			n++
		}
		if n != 40 {
			t.Errorf("under the prefix %q there are %d clients; want 40", prefix, n)
		}
		defer s.Close(ctx)
	}
	if _, err := cache.Get(ctx, "somebody else's"); err != nil {
		t.Errorf("what somebody else keeps in the cache: %v", err)
	}
}
