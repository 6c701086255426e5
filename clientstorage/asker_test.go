package clientstorage_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A writeRecorder remembers which keys were written or deleted.
type writeRecorder struct {
	clientstorage.Driver
	mu      sync.Mutex
	reads   int
	written []string
}

func (r *writeRecorder) Fetch(ctx context.Context, key string) ([]byte, error) {
	r.mu.Lock()
	r.reads++
	r.mu.Unlock()
	return r.Driver.Fetch(ctx, key)
}

func (r *writeRecorder) write(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written = append(r.written, key)
}

func (r *writeRecorder) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	r.write(key)
	return r.Driver.Save(ctx, key, value, ttl)
}

func (r *writeRecorder) Delete(ctx context.Context, key string) error {
	r.write(key)
	return r.Driver.Delete(ctx, key)
}

// A process that attaches nothing may ask everything. It leaves nothing behind
// in the cache, and nobody has to close it: the bubble ends only if no goroutine
// is left.
func TestAskingWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		var cache clientstorage.MemoryDriver
		node := newShared(t, &cache)
		alice := attach(t, node, "alice", "ROLE_ADMIN")
		left := attach(t, node, "anon-54e3352d535d2")
		detach(t, node, left)
		settle()

		recorder := &writeRecorder{Driver: &cache}
		asker, err := clientstorage.New(recorder, &clientstorage.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		askAll := func() {
			t.Helper()
			a := ask(t, asker, questions{
				Lookup: []string{alice.ID.String(), left.ID.String(), "nobody"},
				ByUser: []string{"alice", "bob"},
				Online: []string{"alice", "bob"},
			})
			if len(a.All) != 1 || len(a.ByUser["alice"]) != 1 || len(a.Nodes) != 1 || len(a.Users) != 1 ||
				a.Count.Clients != 1 || !slices.Equal(a.Online, []string{"alice"}) || a.Lookup[alice.ID.String()] == nil {
				t.Errorf("the answers are %+v", a)
			}
			wantUsers(t, "ByRole", names(t, asker.ByRole(ctx, "ROLE_ADMIN")), "alice")
		}
		askAll()
		if err := asker.Detach(ctx, alice.ID, nil); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Detach of another node's client: %v; want ErrNotFound", err)
		}
		if _, err := asker.Update(ctx, alice.ID, func(*clientstorage.Client) {}); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Update of another node's client: %v; want ErrNotFound", err)
		}
		for range asker.All(ctx) {
			break // must not leave anything running either
		}
		time.Sleep(time.Hour) // no heartbeat of its own
		askAll()
		recorder.mu.Lock()
		defer recorder.mu.Unlock()
		if len(recorder.written) > 0 {
			t.Errorf("asking wrote %q", recorder.written)
		}
		if recorder.reads == 0 {
			t.Error("nothing was read")
		}
	})
}
