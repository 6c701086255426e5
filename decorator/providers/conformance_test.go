package providers

import (
	"context"
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/eko/gocache/lib/v4/cache"
	"github.com/eko/gocache/lib/v4/codec"
	"github.com/eko/gocache/lib/v4/store"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/drivertest"
	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// Most of the suite waits for values to expire, so its parts wait together.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "64")
	leakcheck.Main(m)
}

// suite is the conformance suite with the limits that decorator.Providers
// admits for a store.
func suite(t *testing.T, name string) drivertest.Suite {
	t.Helper()
	for _, p := range decorator.Providers() {
		if p.Name == name {
			return drivertest.Suite{MaxValue: p.MaxValue}
		}
	}
	t.Fatalf("decorator.Providers does not list %s", name)
	return drivertest.Suite{}
}

func decorate[T any](t *testing.T, c decorator.Cache[T]) clientstorage.Driver {
	t.Helper()
	d, err := decorator.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// conform runs the suite on a store.
func conform(t *testing.T, name string, open func(testing.TB) store.StoreInterface) {
	t.Helper()
	suite(t, name).Run(t, func(t *testing.T) clientstorage.Driver { return decorate[any](t, open(t)) })
}

func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("go_cache", func(t *testing.T) { t.Parallel(); conform(t, "go_cache", newGoCache) })
	t.Run("bigcache", func(t *testing.T) { t.Parallel(); conform(t, "bigcache", newBigcache) })
	t.Run("freecache", func(t *testing.T) {
		t.Parallel()
		s := suite(t, "freecache")
		s.MaxValue = 60 << 10 // 1/1024 of the 64 MiB that the test gives it
		s.Run(t, func(t *testing.T) clientstorage.Driver { return decorate[any](t, newFreecache(t)) })
	})
	t.Run("ristretto", func(t *testing.T) { t.Parallel(); conform(t, "ristretto", newRistretto) })
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		addr := testserver.Redis(t)
		conform(t, "redis", func(tb testing.TB) store.StoreInterface { return newRedis(tb, addr) })
	})
	t.Run("redis AutoPipeline", func(t *testing.T) {
		t.Parallel()
		addr := testserver.Redis(t)
		conform(t, "redis", func(tb testing.TB) store.StoreInterface { return newAutoPipeline(tb, addr) })
	})
	t.Run("rediscluster", func(t *testing.T) {
		t.Parallel()
		addrs := testserver.RedisCluster(t)
		conform(t, "rediscluster", func(tb testing.TB) store.StoreInterface { return newCluster(tb, addrs) })
	})
	t.Run("memcache", func(t *testing.T) {
		t.Parallel()
		addr := testserver.Memcached(t)
		conform(t, "memcache", func(tb testing.TB) store.StoreInterface { return newMemcache(tb, addr) })
	})
	t.Run("rueidis", func(t *testing.T) {
		t.Parallel()
		addr := testserver.Redis(t)
		conform(t, "rueidis", func(tb testing.TB) store.StoreInterface { return newRueidis(tb, addr, true) })
	})
}

// noMetrics stands for Prometheus.
type noMetrics struct{}

func (noMetrics) RecordFromCodec(codec.CodecInterface) {}

// notLoaded is the function of a Loadable that knows no keys.
func notLoaded[T any](context.Context, any) (v T, _ []store.Option, err error) {
	return v, nil, store.NotFoundWithCause(errors.New("nothing to load"))
}

// The generic caches of gocache, of each type, over a store of this process and
// one that is shared.
func TestConformanceGeneric(t *testing.T) {
	t.Parallel()
	addr := testserver.Redis(t)
	stores := map[string]func(testing.TB) store.StoreInterface{
		"go_cache": newGoCache,
		"redis":    func(tb testing.TB) store.StoreInterface { return newRedis(tb, addr) },
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conformGeneric[[]byte](t, "bytes", open)
			conformGeneric[string](t, "string", open)
			conformGeneric[any](t, "any", open)
		})
	}
	t.Run("bigcache behind metrics", func(t *testing.T) {
		t.Parallel()
		drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
			return decorate(t, cache.NewMetric(noMetrics{}, cache.New[[]byte](newBigcache(t))))
		})
	})
	t.Run("rueidis as strings", func(t *testing.T) {
		t.Parallel()
		drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
			return decorate(t, cache.New[string](newRueidis(t, addr, true)))
		})
	})
}

func conformGeneric[T any](t *testing.T, name string, open func(testing.TB) store.StoreInterface) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		t.Run("New", func(t *testing.T) {
			t.Parallel()
			drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
				return decorate(t, cache.New[T](open(t)))
			})
		})
		t.Run("NewMetric", func(t *testing.T) {
			t.Parallel()
			drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
				return decorate(t, cache.NewMetric(noMetrics{}, cache.New[T](open(t))))
			})
		})
		t.Run("NewLoadable", func(t *testing.T) {
			t.Parallel()
			drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
				c := cache.NewLoadable(notLoaded[T], cache.New[T](open(t)))
				t.Cleanup(func() { c.Close() })
				return decorate(t, c)
			})
		})
	})
}

// What a cache cannot promise is said aloud when it is decorated.
func TestRefused(t *testing.T) {
	ctx := t.Context()
	t.Run("chain", func(t *testing.T) {
		chain := cache.NewChain(cache.New[any](newGoCache(t)), cache.New[any](newGoCache(t)))
		defer chain.Close()
		_, err := decorator.New(ctx, chain)
		wantRefusal(t, err, "decorator.Chain")
	})
	t.Run("rueidis with a cache of its own", func(t *testing.T) {
		_, err := decorator.New(ctx, newRueidis(t, testserver.Redis(t), false))
		wantRefusal(t, err, "DisableCache")
	})
	t.Run("rueidis as bytes", func(t *testing.T) {
		_, err := decorator.New(ctx, cache.New[[]byte](newRueidis(t, testserver.Redis(t), true)))
		wantRefusal(t, err, "cache of string or any")
	})
	t.Run("a cache of numbers", func(t *testing.T) {
		_, err := decorator.New(ctx, cache.New[int](newGoCache(t)))
		wantRefusal(t, err, "[]byte, string or any")
	})
	t.Run("a Loadable that loads anything", func(t *testing.T) {
		load := func(context.Context, any) (any, []store.Option, error) { return "loaded", nil, nil }
		c := cache.NewLoadable(load, cache.New[any](newGoCache(t)))
		defer c.Close()
		_, err := decorator.New(ctx, c)
		wantRefusal(t, err, "store.NotFound")
	})
	t.Run("no ttl", func(t *testing.T) {
		_, err := decorator.New(ctx, eternal{newGoCache(t)})
		wantRefusal(t, err, "ttl for each key")
	})
}

// eternal is a store of somebody's own that ignores the ttl.
type eternal struct{ store.StoreInterface }

func (eternal) GetType() string { return "eternal" }

func (e eternal) Set(ctx context.Context, key, value any, _ ...store.Option) error {
	return e.StoreInterface.Set(ctx, key, value, store.WithExpiration(-1))
}

func wantRefusal(t *testing.T, err error, remedy string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), remedy) {
		t.Errorf("New: %v; want an error that says %q", err, remedy)
	}
}
