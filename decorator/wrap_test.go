package decorator_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/drivertest"
	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/decorator/breaker"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

func sealKey(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func seal(t testing.TB, d clientstorage.Driver, keys ...[]byte) clientstorage.Driver {
	t.Helper()
	sealed, err := decorator.Seal(d, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// wrappers are all decorators, and all of them at once in the order that the
// documentation gives.
var wrappers = []struct {
	name string
	wrap func(t testing.TB, d clientstorage.Driver) clientstorage.Driver
}{
	{"none", func(_ testing.TB, d clientstorage.Driver) clientstorage.Driver { return d }},
	{"chain", func(_ testing.TB, d clientstorage.Driver) clientstorage.Driver {
		return decorator.Chain(new(clientstorage.MemoryDriver), d, nil)
	}},
	{"prefix", func(_ testing.TB, d clientstorage.Driver) clientstorage.Driver {
		return decorator.Prefix(d, "prefix:")
	}},
	{"timeout", func(_ testing.TB, d clientstorage.Driver) clientstorage.Driver {
		return decorator.Timeout(d, 10*time.Second)
	}},
	{"retry", func(_ testing.TB, d clientstorage.Driver) clientstorage.Driver {
		return decorator.Retry(d, nil)
	}},
	{"observe", func(_ testing.TB, d clientstorage.Driver) clientstorage.Driver {
		return decorator.Observe(d, func(context.Context, decorator.Event) {})
	}},
	{"seal", func(t testing.TB, d clientstorage.Driver) clientstorage.Driver {
		return seal(t, d, sealKey(1), sealKey(2))
	}},
	{"compress", func(_ testing.TB, d clientstorage.Driver) clientstorage.Driver {
		return decorator.Compress(d)
	}},
	{"breaker", func(_ testing.TB, d clientstorage.Driver) clientstorage.Driver {
		return breaker.New(d, nil)
	}},
	{"all", all},
}

func all(t testing.TB, d clientstorage.Driver) clientstorage.Driver {
	d = decorator.Timeout(d, 10*time.Second)
	d = decorator.Retry(d, nil)
	d = breaker.New(d, nil)
	d = seal(t, d, sealKey(1), sealKey(2))
	d = decorator.Compress(d)
	d = decorator.Chain(new(clientstorage.MemoryDriver), d, nil)
	d = decorator.Prefix(d, "prefix:")
	return decorator.Observe(d, decorator.SlogObserver(slog.New(slog.DiscardHandler)))
}

func TestWrappedMemory(t *testing.T) {
	for _, w := range wrappers {
		t.Run(w.name, func(t *testing.T) {
			drivertest.RunInBubble(t, func(t *testing.T) clientstorage.Driver {
				return w.wrap(t, new(clientstorage.MemoryDriver))
			})
		})
	}
}

func TestWrappedRedis(t *testing.T) {
	addr := testserver.Redis(t)
	t.Run("suite", func(t *testing.T) { // ends before the server does
		for _, w := range wrappers[1:] {
			t.Run(w.name, func(t *testing.T) {
				t.Parallel()
				drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
					return w.wrap(t, decorate(t, newRedis(t, addr)))
				})
			})
		}
	})
}

// counted counts the calls of a driver that takes many keys at once.
type counted struct {
	clientstorage.MemoryDriver
	one, many atomic.Int64
}

func (c *counted) Fetch(ctx context.Context, key string) ([]byte, error) {
	c.one.Add(1)
	return c.MemoryDriver.Fetch(ctx, key)
}

func (c *counted) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	c.one.Add(1)
	return c.MemoryDriver.Save(ctx, key, value, ttl)
}

func (c *counted) Delete(ctx context.Context, key string) error {
	c.one.Add(1)
	return c.MemoryDriver.Delete(ctx, key)
}

func (c *counted) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	c.many.Add(1)
	return clientstorage.FetchMany(ctx, single{&c.MemoryDriver}, keys)
}

func (c *counted) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	c.many.Add(1)
	return clientstorage.SaveMany(ctx, single{&c.MemoryDriver}, items)
}

func (c *counted) DeleteMany(ctx context.Context, keys []string) error {
	c.many.Add(1)
	return clientstorage.DeleteMany(ctx, single{&c.MemoryDriver}, keys)
}

// single hides that a driver takes many keys.
type single struct{ clientstorage.Driver }

func TestMany(t *testing.T) {
	for _, w := range wrappers {
		t.Run(w.name, func(t *testing.T) {
			backend := new(counted)
			d := w.wrap(t, backend)
			many(t, d)
			if one, n := backend.one.Load(), backend.many.Load(); one != 0 || n != 4 {
				t.Errorf("the backend got %d calls for one key and %d for many; want 0 and 4", one, n)
			}
		})
		t.Run(w.name+" over a driver without", func(t *testing.T) {
			many(t, w.wrap(t, single{new(clientstorage.MemoryDriver)}))
		})
	}
}

// many saves, fetches and deletes many keys, in four calls.
func many(t *testing.T, d clientstorage.Driver) {
	t.Helper()
	ctx := t.Context()
	items := []clientstorage.Item{
		{Key: "a", Value: []byte("1"), TTL: time.Minute},
		{Key: "b", Value: []byte("2"), TTL: time.Hour},
		{Key: "empty", Value: []byte{}, TTL: time.Minute},
	}
	if err := clientstorage.SaveMany(ctx, d, items); err != nil {
		t.Fatal(err)
	}
	values, err := clientstorage.FetchMany(ctx, d, []string{"b", "absent", "empty", "a"})
	if err != nil || len(values) != 4 {
		t.Fatalf("FetchMany: %q, %v; want 4 values", values, err)
	}
	if string(values[0]) != "2" || values[1] != nil || values[2] == nil || len(values[2]) != 0 || string(values[3]) != "1" {
		t.Errorf("FetchMany: %q; want 2, nil, an empty value that is not nil, 1", values)
	}
	if items[0].Key != "a" || string(items[0].Value) != "1" {
		t.Errorf("SaveMany changed the caller's items: %v", items[0])
	}
	if err := clientstorage.DeleteMany(ctx, d, []string{"a", "absent", "empty"}); err != nil {
		t.Fatal(err)
	}
	values, err = clientstorage.FetchMany(ctx, d, []string{"a", "b", "empty"})
	if err != nil || values[0] != nil || string(values[1]) != "2" || values[2] != nil {
		t.Errorf("FetchMany after DeleteMany: %q, %v; want nil, 2, nil", values, err)
	}
}

// A context that has ended is an error for no keys at all, too.
func TestManyCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, w := range wrappers {
		d := w.wrap(t, new(clientstorage.MemoryDriver))
		for _, keys := range [][]string{nil, {"a"}, {"a", "b"}} {
			if _, err := clientstorage.FetchMany(ctx, d, keys); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: FetchMany of %d keys with a cancelled context: %v", w.name, len(keys), err)
			}
			if err := clientstorage.DeleteMany(ctx, d, keys); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: DeleteMany of %d keys with a cancelled context: %v", w.name, len(keys), err)
			}
		}
	}
}

// stub is a driver whose Fetch, and every write, does what a test says.
type stub struct {
	clientstorage.Driver
	fetch func(ctx context.Context, key string) ([]byte, error)
	write func(ctx context.Context) error
}

func (s stub) Fetch(ctx context.Context, key string) ([]byte, error) {
	if s.fetch == nil {
		return s.Driver.Fetch(ctx, key)
	}
	return s.fetch(ctx, key)
}

func (s stub) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if s.write == nil {
		return s.Driver.Save(ctx, key, value, ttl)
	}
	return s.write(ctx)
}

func (s stub) Delete(ctx context.Context, key string) error {
	if s.write == nil {
		return s.Driver.Delete(ctx, key)
	}
	return s.write(ctx)
}

func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

func TestPanics(t *testing.T) {
	m := new(clientstorage.MemoryDriver)
	hook := func(context.Context, decorator.Event) {}
	for name, f := range map[string]func(){
		"Chain without near":      func() { decorator.Chain(nil, m, nil) },
		"Chain without far":       func() { decorator.Chain(m, nil, nil) },
		"Prefix without driver":   func() { decorator.Prefix(nil, "p") },
		"Prefix without prefix":   func() { decorator.Prefix(m, "") },
		"Timeout without driver":  func() { decorator.Timeout(nil, time.Second) },
		"Timeout without limit":   func() { decorator.Timeout(m, 0) },
		"Retry without driver":    func() { decorator.Retry(nil, nil) },
		"Retry of -1 attempts":    func() { decorator.Retry(m, &decorator.RetryOptions{Attempts: -1}) },
		"Observe without driver":  func() { decorator.Observe(nil, hook) },
		"Observe without hook":    func() { decorator.Observe(m, nil) },
		"Seal without driver":     func() { decorator.Seal(nil, sealKey(1)) },
		"breaker without driver":  func() { breaker.New(nil, nil) },
		"breaker of -1 failures":  func() { breaker.New(m, &breaker.Options{Failures: -1}) },
		"breaker that waits -1 s": func() { breaker.New(m, &breaker.Options{Wait: -time.Second}) },
	} {
		if !panics(f) {
			t.Errorf("%s: no panic", name)
		}
	}
}
