package decorator_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/ristretto"
	"github.com/eko/gocache/lib/v4/store"
	redisstore "github.com/eko/gocache/store/redis/v4"
	ristrettostore "github.com/eko/gocache/store/ristretto/v4"
	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/drivertest"
	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

func newRistretto(t testing.TB, maxCost int64) store.StoreInterface {
	t.Helper()
	cache, err := ristretto.NewCache(&ristretto.Config{NumCounters: 100_000, MaxCost: maxCost, BufferItems: 64})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	return ristrettostore.NewRistretto(cache)
}

func newRedis(t testing.TB, addr string) store.StoreInterface {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	return redisstore.NewRedis(client)
}

func decorate(t testing.TB, s store.StoreInterface) *decorator.CacheDecorator {
	t.Helper()
	d, err := decorator.New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConformance(t *testing.T) {
	t.Run("ristretto", func(t *testing.T) {
		t.Parallel()
		drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
			return decorate(t, newRistretto(t, 1<<28))
		})
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		addr := testserver.Redis(t)
		t.Run("suite", func(t *testing.T) {
			drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
				return decorate(t, newRedis(t, addr))
			})
		})
	})
}

// A cache that cannot hold what it is given must say so, and must not put the
// value into the error.
func TestRistrettoTooSmall(t *testing.T) {
	d, err := decorator.New(t.Context(), newRistretto(t, 10))
	if !errors.Is(err, decorator.ErrDropped) {
		t.Fatalf("New over a ristretto with MaxCost 10: %v, %v; want ErrDropped", d, err)
	}

	d = decorate(t, newRistretto(t, 1<<20))
	err = d.Save(t.Context(), "key", []byte(strings.Repeat("secret", 1<<20)), time.Minute)
	if !errors.Is(err, decorator.ErrDropped) {
		t.Errorf("Save of more than MaxCost: %v; want ErrDropped", err)
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error quotes the value: %.60s...", err)
	}
}

func TestRedisDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, err = decorator.New(t.Context(), newRedis(t, addr))
	if err == nil || errors.Is(err, clientstorage.ErrNotFound) || !strings.Contains(err.Error(), "redis") {
		t.Errorf("New over a redis that is down: %v; want an error that names redis and is no miss", err)
	}
}

// A cache that goes down later must be an error, never a miss.
func TestRedisStops(t *testing.T) {
	testserver.Lookup(t, "redis-server", "redis-server")
	addr, stop, err := testserver.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	d := decorate(t, newRedis(t, addr))
	if err := d.Save(t.Context(), "key", []byte("value"), time.Minute); err != nil {
		t.Fatal(err)
	}
	stop()
	ctx := t.Context()
	if _, err := d.Fetch(ctx, "key"); err == nil || errors.Is(err, clientstorage.ErrNotFound) {
		t.Errorf("Fetch: %v; want an error that is no miss", err)
	}
	if err := d.Save(ctx, "key", []byte("value"), time.Minute); err == nil {
		t.Error("Save succeeded")
	}
	if err := d.Delete(ctx, "key"); err == nil {
		t.Error("Delete succeeded")
	}
}

// What somebody else keeps under our key is corrupt: no client, and no miss.
func TestForeignValue(t *testing.T) {
	addr := testserver.Redis(t)
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	d := decorate(t, newRedis(t, addr))
	if err := client.RPush(t.Context(), "key", "a list").Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Fetch(t.Context(), "key"); !errors.Is(err, clientstorage.ErrCorrupt) {
		t.Errorf("Fetch of a list: %q, %v; want ErrCorrupt", got, err)
	}

	cache := newRistretto(t, 64<<20)
	d = decorate(t, cache)
	if err := cache.Set(t.Context(), "key", 42, store.WithSynchronousSet()); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Fetch(t.Context(), "key"); !errors.Is(err, clientstorage.ErrCorrupt) {
		t.Errorf("Fetch of a number: %q, %v; want ErrCorrupt", got, err)
	}
}

func TestNil(t *testing.T) {
	if _, err := decorator.New[any](t.Context(), nil); err == nil {
		t.Error("New(nil) succeeded")
	}
}

// faulty is a store with the faults that caches have been seen to have.
type faulty struct {
	store.StoreInterface
	get func() (any, error)
	set func() error
}

func (f faulty) GetType() string { return "faulty" }

func (f faulty) Get(context.Context, any) (any, error) { return f.get() }

func (f faulty) Set(context.Context, any, any, ...store.Option) error {
	if f.set != nil {
		return f.set()
	}
	return nil
}

func (f faulty) Delete(context.Context, any) error { return nil }

func TestFaultyStores(t *testing.T) {
	miss := func() (any, error) { return nil, store.NotFoundWithCause(errors.New("gone")) }
	tests := []struct {
		name  string
		store faulty
		want  string
	}{
		{"drops what it is given", faulty{get: miss}, "dropped"},
		{"returns another type", faulty{get: func() (any, error) { return 42, nil }}, "int"},
		{"returns nil and no error", faulty{get: func() (any, error) { return nil, nil }}, "nil"},
		{"returns another value", faulty{get: func() (any, error) { return "stale", nil }}, "another value"},
		{"returns the zero value, as lib/v4 did before v4.3.0", faulty{get: func() (any, error) { return "", nil }}, "v4.3.0"},
		{"answers a miss with another error", faulty{get: func() (any, error) { return nil, errors.New("no such key") }}, "no such key"},
		{"panics", faulty{get: miss, set: func() error { panic("with a secret") }}, "panicked"},
		{"fails", faulty{get: miss, set: func() error { return errors.New("disk full") }}, "disk full"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := decorator.New(t.Context(), test.store)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New: %v; want an error that says %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error quotes the panic: %v", err)
			}
		})
	}
}
