package decorator_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// A value under a storage's key that no node wrote is ErrCorrupt, no client, and
// counted by Observe, wherever that is among the decorators.
func TestCorruptIsCounted(t *testing.T) {
	ctx := t.Context()
	cache := new(clientstorage.MemoryDriver)
	there, err := clientstorage.New(cache, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close(ctx)
	alice, err := there.Attach(ctx, clientstorage.Client{User: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	key := "rollcall:p:" + there.Node().String() + ":0"
	if err := cache.Save(ctx, key, []byte("somebody else's"), time.Minute); err != nil {
		t.Fatal(err)
	}

	corrupt := 0
	var d clientstorage.Driver = decorator.Observe(cache, func(_ context.Context, e decorator.Event) {
		if e.Operation == decorator.OpDecode && e.Outcome == decorator.OutcomeCorrupt && errors.Is(e.Err, clientstorage.ErrCorrupt) {
			corrupt++
		}
	})
	d = decorator.Retry(decorator.Timeout(decorator.Prefix(d, "rollcall"), time.Minute), nil)
	here, err := clientstorage.New(d, &clientstorage.Options{Prefix: ":"})
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close(ctx)
	if c, err := here.Lookup(ctx, alice.ID); !errors.Is(err, clientstorage.ErrCorrupt) || c != nil {
		t.Errorf("Lookup: %v, %v; want ErrCorrupt", c, err)
	}
	if corrupt != 1 {
		t.Errorf("Observe counted %d corrupt values; want 1", corrupt)
	}
}
