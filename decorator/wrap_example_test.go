package decorator_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// Reads of the same key within a second reach the far cache once.
func ExampleChain() {
	ctx := context.Background()
	redis := new(clientstorage.MemoryDriver) // stands for a cache on the network
	far := decorator.Observe(redis, func(_ context.Context, e decorator.Event) {
		fmt.Println("far:", e.Operation, e.Outcome)
	})
	chain := decorator.Chain(new(clientstorage.MemoryDriver), far, nil)

	chain.Save(ctx, "key", []byte("value"), time.Minute)
	for range 3 {
		value, _ := chain.Fetch(ctx, "key")
		fmt.Println(string(value))
	}
	// Output:
	// far: save ok
	// far: fetch hit
	// value
	// value
	// value
}

func ExamplePrefix() {
	ctx := context.Background()
	cache := new(clientstorage.MemoryDriver)
	shop := decorator.Prefix(cache, "shop:")
	forum := decorator.Prefix(cache, "forum:")

	shop.Save(ctx, "key", []byte("of the shop"), time.Minute)
	_, err := forum.Fetch(ctx, "key")
	fmt.Println(errors.Is(err, clientstorage.ErrNotFound))
	value, _ := cache.Fetch(ctx, "shop:key")
	fmt.Println(string(value))
	// Output:
	// true
	// of the shop
}

// stuck is a cache that does not answer.
type stuck struct{ clientstorage.Driver }

func (stuck) Fetch(ctx context.Context, key string) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func ExampleTimeout() {
	d := decorator.Timeout(stuck{}, 10*time.Millisecond)
	_, err := d.Fetch(context.Background(), "key")
	fmt.Println(err)
	// Output: context deadline exceeded
}

// flaky is a cache whose first read fails.
type flaky struct {
	clientstorage.MemoryDriver
	reads int
}

func (f *flaky) Fetch(ctx context.Context, key string) ([]byte, error) {
	if f.reads++; f.reads == 1 {
		return nil, errors.New("connection reset")
	}
	return f.MemoryDriver.Fetch(ctx, key)
}

func ExampleRetry() {
	ctx := context.Background()
	cache := new(flaky)
	d := decorator.Retry(cache, nil)
	d.Save(ctx, "key", []byte("value"), time.Minute)
	value, err := d.Fetch(ctx, "key")
	fmt.Printf("%s %v, after %d reads\n", value, err, cache.reads)
	// Output: value <nil>, after 2 reads
}

func ExampleObserve() {
	ctx := context.Background()
	d := decorator.Observe(new(clientstorage.MemoryDriver), func(_ context.Context, e decorator.Event) {
		fmt.Printf("%s of %d: %s\n", e.Operation, e.Keys, e.Outcome)
	})
	d.Save(ctx, "key", []byte("value"), time.Minute)
	d.Fetch(ctx, "key")
	clientstorage.FetchMany(ctx, d, []string{"key", "absent"})
	// Output:
	// save of 1: ok
	// fetch of 1: hit
	// fetch of 2: miss
}

func ExampleSlogObserver() {
	ctx := context.Background()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{} // so that the output is always the same
			}
			return a
		},
	}))
	d := decorator.Observe(new(flaky), decorator.SlogObserver(logger))
	d.Fetch(ctx, "key")
	// Output: level=WARN msg="client storage: driver" operation=fetch outcome=failed keys=1 found=0 err="connection reset"
}

func ExampleSeal() {
	ctx := context.Background()
	// Real keys are 32 random bytes, kept where secrets are.
	oldKey, newKey := sha256.Sum256([]byte("old")), sha256.Sum256([]byte("new"))
	cache := new(clientstorage.MemoryDriver)
	before, err := decorator.Seal(cache, oldKey[:])
	if err != nil {
		fmt.Println(err)
		return
	}
	before.Save(ctx, "key", []byte("alice"), time.Minute)
	stored, _ := cache.Fetch(ctx, "key")
	fmt.Println(len(stored), "bytes in the cache")

	after, err := decorator.Seal(cache, newKey[:], oldKey[:])
	if err != nil {
		fmt.Println(err)
		return
	}
	value, _ := after.Fetch(ctx, "key")
	fmt.Println(string(value))
	// Output:
	// 38 bytes in the cache
	// alice
}
