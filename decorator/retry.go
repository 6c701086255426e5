package decorator

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// RetryOptions configure [Retry]. The zero value, and nil, mean the defaults.
type RetryOptions struct {
	// Attempts is how often a read is tried at most. It defaults to 3.
	Attempts int

	// Wait is how long Retry waits at most before the second attempt; it doubles
	// before each one after that. Half of it is random, so that nodes that failed
	// together do not come back together. It defaults to 20 ms.
	Wait time.Duration
}

// Retry returns a driver that tries reads again that fail. That is safe, because
// a read changes nothing. A miss is an answer, a corrupt value stays so, and a
// caller who is gone needs no answer: none of these is tried again.
//
// Writes are not tried again. To write the same bytes twice would do no harm by
// itself, but a write that seemed to fail may still be on its way: if a second
// attempt then reports success, nobody expects the first one to land on top of
// what is written next. A storage that is told of the failure does better. It
// writes what is true by then, and looks afterwards whether it stayed.
//
// Retry panics if d is nil or an option negative.
func Retry(d clientstorage.Driver, opts *RetryOptions) clientstorage.Driver {
	need(d, "Retry")
	var o RetryOptions
	if opts != nil {
		o = *opts
	}
	if o.Attempts < 0 || o.Wait < 0 {
		panic("decorator: Retry with a negative option")
	}
	o.Attempts = cmp.Or(o.Attempts, 3)
	o.Wait = cmp.Or(o.Wait, 20*time.Millisecond)
	return &retried{d, o}
}

type retried struct {
	inner clientstorage.Driver
	opts  RetryOptions
}

var (
	_ clientstorage.Driver        = (*retried)(nil)
	_ clientstorage.ManyFetcher   = (*retried)(nil)
	_ clientstorage.ManySaver     = (*retried)(nil)
	_ clientstorage.ManyDeleter   = (*retried)(nil)
	_ clientstorage.CorruptHearer = (*retried)(nil)
)

func (r *retried) Fetch(ctx context.Context, key string) (value []byte, err error) {
	for left := r.opts.Attempts - 1; ; left-- {
		value, err = r.inner.Fetch(ctx, key)
		if err == nil || left == 0 || !r.again(ctx, err, left) {
			return value, err
		}
	}
}

func (r *retried) FetchMany(ctx context.Context, keys []string) (values [][]byte, err error) {
	for left := r.opts.Attempts - 1; ; left-- {
		values, err = clientstorage.FetchMany(ctx, r.inner, keys)
		if err == nil || left == 0 || !r.again(ctx, err, left) {
			return values, err
		}
	}
}

// again waits for the next attempt, if there should be one.
func (r *retried) again(ctx context.Context, err error, left int) bool {
	if errors.Is(err, clientstorage.ErrNotFound) || errors.Is(err, clientstorage.ErrCorrupt) {
		return false
	}
	wait := r.opts.Wait << min(r.opts.Attempts-1-left, 10)
	wait = wait/2 + rand.N(wait/2+1)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false // the wait would be in vain
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

func (r *retried) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return r.inner.Save(ctx, key, value, ttl)
}

func (r *retried) Delete(ctx context.Context, key string) error {
	return r.inner.Delete(ctx, key)
}

func (r *retried) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	return clientstorage.SaveMany(ctx, r.inner, items)
}

func (r *retried) DeleteMany(ctx context.Context, keys []string) error {
	return clientstorage.DeleteMany(ctx, r.inner, keys)
}

func (r *retried) HearCorrupt(ctx context.Context, err error) {
	clientstorage.HearCorrupt(ctx, r.inner, err)
}
