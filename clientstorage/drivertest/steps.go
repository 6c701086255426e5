package drivertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A step does one thing with a driver and complains if the answer is wrong.
type step func(t *testing.T, d clientstorage.Driver)

// script runs steps in order and stops at the first that complains, because the
// steps after it build on it.
func script(steps []step) func(*testing.T, clientstorage.Driver) {
	return func(t *testing.T, d clientstorage.Driver) {
		for i, s := range steps {
			s(t, d)
			if t.Failed() {
				t.Fatalf("step %d of %d failed", i+1, len(steps))
			}
		}
	}
}

// own makes a key the running test's own, so that tests can share a backend.
func own(t *testing.T, key string) string { return t.Name() + "/" + key }

func save(key, value string, ttl time.Duration) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		if err := d.Save(t.Context(), own(t, key), []byte(value), ttl); err != nil {
			t.Errorf("Save(%s, %s, %v): %v", brief(key), brief(value), ttl, err)
		}
	}
}

func saveRefused(key string, ttl time.Duration) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		if err := d.Save(t.Context(), own(t, key), []byte("x"), ttl); err == nil {
			t.Errorf("Save(%s) with a ttl of %v succeeded; want an error", brief(key), ttl)
		}
	}
}

func fetch(key, want string) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		got, err := d.Fetch(t.Context(), own(t, key))
		if err != nil || string(got) != want {
			t.Errorf("Fetch(%s) = %s, %v; want %s", brief(key), brief(string(got)), err, brief(want))
		}
	}
}

func fetchMissing(key string) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		got, err := d.Fetch(t.Context(), own(t, key))
		if !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Fetch(%s) = %s, %v; want ErrNotFound", brief(key), brief(string(got)), err)
		}
	}
}

func remove(key string) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		if err := d.Delete(t.Context(), own(t, key)); err != nil {
			t.Errorf("Delete(%s): %v", brief(key), err)
		}
	}
}

func wait(d time.Duration) step {
	return func(*testing.T, clientstorage.Driver) { time.Sleep(d) }
}

func isFailure(err error) bool {
	return err != nil && !errors.Is(err, clientstorage.ErrNotFound)
}

func brief(s string) string {
	if len(s) <= 40 {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q... (%d bytes)", s[:40], len(s))
}

// concurrent checks that workers that use one driver do not get each other's
// values, and that a writer reads its own newest value. Each worker's values
// differ from every other's, or a mix-up would pass unseen.
func concurrent(t *testing.T, d clientstorage.Driver) {
	const workers, rounds = 16, 50
	ctx := t.Context()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			if err := work(ctx, d, own(t, fmt.Sprint("worker", w)), rounds); err != nil {
				t.Errorf("worker %d: %v", w, err)
			}
		})
	}
	wg.Wait()
}

func work(ctx context.Context, d clientstorage.Driver, key string, rounds int) error {
	for i := range rounds {
		want := strings.Repeat(fmt.Sprintf("%s round %d;", key, i), 1+i%7)
		if err := d.Save(ctx, key, []byte(want), time.Minute); err != nil {
			return fmt.Errorf("save: %w", err)
		}
		if got, err := d.Fetch(ctx, key); err != nil || string(got) != want {
			return fmt.Errorf("fetched %s, %w; want %s", brief(string(got)), err, brief(want))
		}
		if i%5 != 4 {
			continue
		}
		if err := d.Delete(ctx, key); err != nil {
			return fmt.Errorf("delete: %w", err)
		}
		if got, err := d.Fetch(ctx, key); !errors.Is(err, clientstorage.ErrNotFound) {
			return fmt.Errorf("fetched %s, %w after a delete; want ErrNotFound", brief(string(got)), err)
		}
	}
	return d.Delete(ctx, key)
}
