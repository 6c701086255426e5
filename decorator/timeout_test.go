package decorator_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// hanging answers when its context ends.
func hanging(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

var hangs = stub{
	fetch: func(ctx context.Context, _ string) ([]byte, error) { return nil, hanging(ctx) },
	write: hanging,
}

// operations are all there are.
var operations = map[string]func(context.Context, clientstorage.Driver) error{
	"Fetch": func(ctx context.Context, d clientstorage.Driver) error {
		_, err := d.Fetch(ctx, "key")
		return err
	},
	"Save": func(ctx context.Context, d clientstorage.Driver) error {
		return d.Save(ctx, "key", []byte("value"), time.Minute)
	},
	"Delete": func(ctx context.Context, d clientstorage.Driver) error {
		return d.Delete(ctx, "key")
	},
	"FetchMany": func(ctx context.Context, d clientstorage.Driver) error {
		_, err := clientstorage.FetchMany(ctx, d, []string{"key", "other"})
		return err
	},
	"SaveMany": func(ctx context.Context, d clientstorage.Driver) error {
		return clientstorage.SaveMany(ctx, d, []clientstorage.Item{
			{Key: "key", Value: []byte("value"), TTL: time.Minute},
			{Key: "other", Value: []byte("value"), TTL: time.Minute},
		})
	},
	"DeleteMany": func(ctx context.Context, d clientstorage.Driver) error {
		return clientstorage.DeleteMany(ctx, d, []string{"key", "other"})
	},
}

func TestTimeout(t *testing.T) {
	for name, operate := range operations {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := decorator.Timeout(hangs, 200*time.Millisecond)
				start := time.Now()
				err := operate(t.Context(), d)
				if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 200*time.Millisecond {
					t.Errorf("after %v: %v; want DeadlineExceeded after 200ms", took, err)
				}

				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				start = time.Now()
				err = operate(ctx, d)
				if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 50*time.Millisecond {
					t.Errorf("after %v: %v; want the caller's deadline after 50ms", took, err)
				}
			})
		})
	}
}
