package providers

import (
	"testing"
	"time"

	"github.com/allegro/bigcache/v3"
	"github.com/coocood/freecache"
	"github.com/dgraph-io/ristretto"
	"github.com/eko/gocache/lib/v4/store"
	bigcachestore "github.com/eko/gocache/store/bigcache/v4"
	freecachestore "github.com/eko/gocache/store/freecache/v4"
	gocachestore "github.com/eko/gocache/store/go_cache/v4"
	ristrettostore "github.com/eko/gocache/store/ristretto/v4"
	gocache "github.com/patrickmn/go-cache"
)

// The stores of this process, each configured as its own documents recommend.

func newGoCache(testing.TB) store.StoreInterface {
	return gocachestore.NewGoCache(gocache.New(time.Hour, 0)) // no clean-up goroutine
}

func newBigcache(tb testing.TB) store.StoreInterface {
	config := bigcache.DefaultConfig(24 * time.Hour)
	config.CleanWindow = 0
	config.Verbose = false
	cache, err := bigcache.New(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { cache.Close() })
	return bigcachestore.NewBigcache(cache)
}

func newFreecache(testing.TB) store.StoreInterface {
	return freecachestore.NewFreecache(freecache.NewCache(64 << 20))
}

func newRistretto(tb testing.TB) store.StoreInterface {
	cache, err := ristretto.NewCache(&ristretto.Config{NumCounters: 1e5, MaxCost: 256 << 20, BufferItems: 64})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(cache.Close)
	return ristrettostore.NewRistretto(cache)
}
