package providers

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/eko/gocache/lib/v4/store"

	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// BenchmarkOverhead measures what the decorator adds to the bare store. Each
// pair of rows has the same store, keys, options and values of 200 bytes; run it
// with -count and compare with benchstat -col /via.
func BenchmarkOverhead(b *testing.B) {
	redis := testserver.Redis(b)
	stores := []struct {
		name    string
		open    func(testing.TB) store.StoreInterface
		options []store.Option // what the decorator asks for, too
	}{
		{"go_cache", newGoCache, nil},
		{"bigcache", newBigcache, nil},
		{"freecache", newFreecache, nil},
		{"ristretto", newRistretto, []store.Option{store.WithSynchronousSet(), store.WithCost(200)}},
		{"redis", func(tb testing.TB) store.StoreInterface { return newRedis(tb, redis) }, nil},
	}
	for _, s := range stores {
		bare := s.open(b)
		decorated, err := decorator.New(b.Context(), bare)
		if err != nil {
			b.Fatal(err)
		}
		options := append(s.options, store.WithExpiration(time.Minute))
		benchmarkPair(b, s.name, bare, decorated, options)
	}
}

func benchmarkPair(b *testing.B, name string, bare store.StoreInterface, decorated *decorator.CacheDecorator, options []store.Option) {
	ctx := b.Context()
	value := make([]byte, 200)
	keys := benchmarkKeys()
	row := func(op, via string, f func(ctx context.Context, key string) error) {
		b.Run("store="+name+"/op="+op+"/via="+via, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if err := f(ctx, keys[i%len(keys)]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
	row("save", "bare", func(ctx context.Context, key string) error { return bare.Set(ctx, key, value, options...) })
	row("save", "decorator", func(ctx context.Context, key string) error { return decorated.Save(ctx, key, value, time.Minute) })
	for _, key := range keys {
		if err := decorated.Save(ctx, key, value, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	row("fetch", "bare", func(ctx context.Context, key string) error { _, err := bare.Get(ctx, key); return err })
	row("fetch", "decorator", func(ctx context.Context, key string) error { _, err := decorated.Fetch(ctx, key); return err })
}

// benchmarkKeys are like those of a storage.
func benchmarkKeys() []string {
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("rollcall:p:NVksPDpeD18:%x", i)
	}
	return keys
}
