package decorator_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// Two nodes, each with all decorators, see each other's clients through one
// cache, and see them go when near's time is up.
func TestStorageOverAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		cache := new(clientstorage.MemoryDriver)
		open := func() *clientstorage.Storage {
			s, err := clientstorage.New(all(t, cache), nil)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		here, there := open(), open()
		defer there.Close(ctx)
		defer here.Close(ctx)
		synctest.Wait()

		alice, err := here.Attach(ctx, clientstorage.Client{User: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		found, err := there.Lookup(ctx, alice.ID)
		if err != nil || found.User != "alice" {
			t.Fatalf("Lookup on the other node: %v, %v", found, err)
		}
		if err := here.Detach(ctx, alice.ID, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := here.Lookup(ctx, alice.ID); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Lookup on the same node after Detach: %v", err)
		}
		time.Sleep(time.Second)
		if found, err := there.Lookup(ctx, alice.ID); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Lookup on the other node, a second after Detach: %v, %v", found, err)
		}
	})
}
