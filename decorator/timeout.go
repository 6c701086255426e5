package decorator

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// Timeout returns a driver that gives every operation limit as its time, or what
// the caller's context leaves if that is less. An operation on many keys is one
// operation. After its time the error is context.DeadlineExceeded, as far as d
// reports the end of its context so.
//
// The limit is a deadline of the context and nothing more: an operation of a
// driver that ignores its context takes as long as it takes. To leave it behind
// would need a goroutine for every operation, and would leave writes under way
// that nobody waits for. Drivers that can block heed their context; go-redis
// does so with ContextTimeoutEnabled in its Options.
//
// Timeout panics if d is nil or limit not positive.
func Timeout(d clientstorage.Driver, limit time.Duration) clientstorage.Driver {
	need(d, "Timeout")
	if limit <= 0 {
		panic(fmt.Sprintf("decorator: Timeout with a limit of %v", limit))
	}
	return &timed{d, limit}
}

type timed struct {
	inner clientstorage.Driver
	limit time.Duration
}

var (
	_ clientstorage.Driver        = (*timed)(nil)
	_ clientstorage.ManyFetcher   = (*timed)(nil)
	_ clientstorage.ManySaver     = (*timed)(nil)
	_ clientstorage.ManyDeleter   = (*timed)(nil)
	_ clientstorage.CorruptHearer = (*timed)(nil)
)

func (t *timed) Fetch(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	return t.inner.Fetch(ctx, key)
}

func (t *timed) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	return t.inner.Save(ctx, key, value, ttl)
}

func (t *timed) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	return t.inner.Delete(ctx, key)
}

func (t *timed) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	return clientstorage.FetchMany(ctx, t.inner, keys)
}

func (t *timed) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	return clientstorage.SaveMany(ctx, t.inner, items)
}

func (t *timed) DeleteMany(ctx context.Context, keys []string) error {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	return clientstorage.DeleteMany(ctx, t.inner, keys)
}

func (t *timed) HearCorrupt(ctx context.Context, err error) {
	clientstorage.HearCorrupt(ctx, t.inner, err)
}
