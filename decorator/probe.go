package decorator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// fingerprint recognises the store within a cache.NewMetric, which does not name
// it, by how it misses a key that cannot exist.
func fingerprint[T any](ctx context.Context, cache Cache[T]) (p Provider) {
	p = unknown
	if cache.GetType() != "metric" {
		return p
	}
	defer func() { _ = recover() }() // the probe will meet the panic again, and say so
	_, err := cache.Get(ctx, probeKey())
	if found, ok := byMiss(err); ok {
		return found
	}
	return p
}

func probeKey() string { return "rollcall-probe:" + rand.Text() }

// probe tries out what a storage relies on. Whatever it saved, it deletes.
func (d *CacheDecorator) probe(ctx context.Context) error {
	if err := d.probeStory(ctx); err != nil {
		return err
	}
	if d.provider.lossy {
		if err := d.probeRoom(ctx); err != nil {
			return err
		}
	}
	if d.provider.stale {
		if err := d.probeStale(ctx); err != nil {
			return err
		}
	}
	if d.provider.patient {
		return d.probeExpiry(ctx)
	}
	return nil
}

// probeStory keeps a value, replaces it and forgets it.
func (d *CacheDecorator) probeStory(ctx context.Context) error {
	key := probeKey()
	for _, value := range []string{"first", "second"} {
		if err := d.Save(ctx, key, []byte(value), time.Minute); err != nil {
			return err
		}
		if err := d.expect(ctx, key, value); err != nil {
			return err
		}
	}
	if err := d.Delete(ctx, key); err != nil {
		return err
	}
	got, err := d.Fetch(ctx, key)
	switch {
	case errors.Is(err, clientstorage.ErrNotFound):
		return nil
	case err == nil && string(got) == "second":
		return errors.New("it still returns a value that it was told to delete: turn off caches within its client, in rueidis with ClientOption.DisableCache")
	case err == nil && len(got) > 0:
		return errors.New("it returns a value for a key that does not exist: a Loadable's function must return store.NotFound for keys that it does not know")
	case err == nil:
		return errors.New("it answers a miss with an empty value and no error: use github.com/eko/gocache/lib/v4 v4.3.0 or newer")
	}
	return fmt.Errorf("it answers a miss with an error that is not store.NotFound: %w", err)
}

func (d *CacheDecorator) expect(ctx context.Context, key, want string) error {
	got, err := d.Fetch(ctx, key)
	switch {
	case errors.Is(err, clientstorage.ErrNotFound):
		return errors.New("it lost a value that it had just been given: if it stores asynchronously, have it wait")
	case err != nil:
		return err
	case string(got) == want:
		return nil
	case len(got) == 0:
		return errors.New("it returns an empty value and no error for what it was given: use github.com/eko/gocache/lib/v4 v4.3.0 or newer")
	}
	return errOtherValue
}

var errOtherValue = errors.New("it returned another value than the one that it was just given: turn off caches within its client, in rueidis with ClientOption.DisableCache")

// A cache that cannot hold this much would drop clients, silently and soon.
const (
	roomKeys  = 128
	roomValue = 2 << 10
)

// probeRoom looks whether the cache holds the pages of a few thousand clients.
func (d *CacheDecorator) probeRoom(ctx context.Context) (err error) {
	keys := make([]string, 0, roomKeys)
	defer func() {
		for _, key := range keys {
			if derr := d.Delete(ctx, key); err == nil {
				err = derr
			}
		}
	}()
	value := []byte(strings.Repeat("r", roomValue))
	for range roomKeys {
		key := probeKey()
		keys = append(keys, key)
		if err := d.Save(ctx, key, value, time.Minute); err != nil {
			return tooSmall(err)
		}
	}
	for _, key := range keys {
		if _, err := d.Fetch(ctx, key); err != nil {
			return tooSmall(err)
		}
	}
	return nil
}

func tooSmall(err error) error {
	if errors.Is(err, ErrDropped) || errors.Is(err, clientstorage.ErrNotFound) {
		return fmt.Errorf("%w: it cannot hold %d KiB; a ristretto's MaxCost is in bytes here, for instance 64 << 20", ErrDropped, roomKeys*roomValue>>10)
	}
	return err
}

// probeStale looks whether reading follows writing. A rueidis client with a
// cache of its own answers between a tenth and a third of such reads with what
// was there before; of forty reads it passed all in one of 150 trials.
func (d *CacheDecorator) probeStale(ctx context.Context) error {
	key := probeKey()
	defer d.Delete(ctx, key)
	for i := range 200 {
		want := fmt.Sprint("value ", i)
		if err := d.Save(ctx, key, []byte(want), time.Minute); err != nil {
			return err
		}
		got, err := d.Fetch(ctx, key)
		if err != nil {
			return err
		}
		if string(got) != want {
			return errOtherValue
		}
	}
	return nil
}

// probeExpiry looks whether a value is gone when its time is up. Leases live by
// that.
func (d *CacheDecorator) probeExpiry(ctx context.Context) error {
	key := probeKey()
	defer d.Delete(ctx, key)
	if err := d.Save(ctx, key, []byte("short"), time.Second); err != nil {
		return err
	}
	select {
	case <-time.After(2100 * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	if _, err := d.Fetch(ctx, key); err == nil {
		return errors.New("it keeps values when their time is up: client storage needs a cache with a ttl for each key")
	} else if !errors.Is(err, clientstorage.ErrNotFound) {
		return err
	}
	return nil
}
