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

// contended checks that when several have written one key, a write that comes
// after them is the one that is kept. Caches that write later get this wrong.
func contended(t *testing.T, d clientstorage.Driver) {
	const writers, rounds = 8, 20
	ctx, key := t.Context(), own(t, "key")
	for i := range rounds {
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				if err := d.Save(ctx, key, fmt.Appendf(nil, "round %d, writer %d", i, w), time.Minute); err != nil {
					t.Errorf("Save: %v", err)
				}
			})
		}
		wg.Wait()
		last := fmt.Sprintf("round %d, last", i)
		if err := d.Save(ctx, key, []byte(last), time.Minute); err != nil {
			t.Fatalf("Save: %v", err)
		}
		if got, err := d.Fetch(ctx, key); err != nil || string(got) != last {
			t.Fatalf("Fetch = %s, %v; want %s, which was saved when all others were done", brief(string(got)), err, brief(last))
		}
	}
	if err := d.Delete(ctx, key); err != nil {
		t.Errorf("Delete: %v", err)
	}
}

// many checks that many keys at once are the same as each of them.
func many(t *testing.T, d clientstorage.Driver) {
	const n = 300
	ctx := t.Context()
	var keys []string
	var items []clientstorage.Item
	for i := range n {
		key := own(t, fmt.Sprint(i))
		keys = append(keys, key)
		if i%3 != 0 {
			var value []byte
			if i%2 == 0 { // the others are empty, which is not missing
				value = fmt.Append(nil, i)
			}
			items = append(items, clientstorage.Item{Key: key, Value: value, TTL: time.Minute})
		}
	}
	if err := clientstorage.SaveMany(ctx, d, items); err != nil {
		t.Fatalf("SaveMany: %v", err)
	}
	for _, item := range items {
		if got, err := d.Fetch(ctx, item.Key); err != nil || string(got) != string(item.Value) {
			t.Fatalf("Fetch after SaveMany = %q, %v; want %q", got, err, item.Value)
		}
	}
	got, err := clientstorage.FetchMany(ctx, d, keys)
	if err != nil || len(got) != n {
		t.Fatalf("FetchMany: %d values, %v; want %d", len(got), err, n)
	}
	for i, value := range got {
		if missing := i%3 == 0; missing != (value == nil) {
			t.Fatalf("FetchMany: value %d is %q; it was saved: %v", i, value, !missing)
		}
	}
	for j, item := range items {
		if value := got[j/2*3+1+j%2]; string(value) != string(item.Value) {
			t.Fatalf("FetchMany: %q; want %q", value, item.Value)
		}
	}
	if err := clientstorage.DeleteMany(ctx, d, keys); err != nil {
		t.Fatalf("DeleteMany: %v", err)
	}
	if got, err := clientstorage.FetchMany(ctx, d, keys[:10]); err != nil || got[1] != nil || got[2] != nil {
		t.Fatalf("FetchMany after DeleteMany: %q, %v", got, err)
	}
	if got, err := clientstorage.FetchMany(ctx, d, nil); err != nil || len(got) != 0 {
		t.Errorf("FetchMany of no keys: %q, %v", got, err)
	}
}
