package decorator

import (
	"context"
	"errors"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// An Event is one operation that has ended. It holds neither keys nor values,
// because both may name a user.
type Event struct {
	Operation Operation
	// Keys is how many keys the operation was about, and Found how many of them
	// a fetch found.
	Keys, Found int
	Duration    time.Duration
	Outcome     Outcome
	// Err is why, if the outcome is OutcomeCorrupt, OutcomeFailed or
	// OutcomeCanceled. A miss is no error.
	Err error
}

// An Operation is what a driver was asked for, for one key or for many.
type Operation string

// The operations.
const (
	OpFetch  Operation = "fetch"
	OpSave   Operation = "save"
	OpDelete Operation = "delete"
	// OpDecode is a value that a fetch had found and that the storage then could
	// not read. Its outcome is always OutcomeCorrupt.
	OpDecode Operation = "decode"
)

// An Outcome is how an operation ended.
type Outcome string

// The outcomes. A fetch is a hit if it found every key, and a miss if it did not
// and nothing failed; a save or a delete that did not fail is ok.
const (
	OutcomeHit  Outcome = "hit"
	OutcomeMiss Outcome = "miss"
	OutcomeOK   Outcome = "ok"
	// OutcomeCorrupt is clientstorage.ErrCorrupt.
	OutcomeCorrupt Outcome = "corrupt"
	// OutcomeFailed is any other failure, and a deadline that passed, for that
	// is how a backend that hangs shows.
	OutcomeFailed Outcome = "failed"
	// OutcomeCanceled says that the caller gave up, which tells nothing about
	// the backend.
	OutcomeCanceled Outcome = "canceled"
)

// Observe returns a driver that calls hook at the end of every operation of d,
// before the caller has its result. The hook must be quick, and safe for
// concurrent use; the context is the caller's. See [SlogObserver] for one that
// is ready.
//
// Outermost, Observe tells what a storage sees; further in, what one layer does.
// Observe panics if d or hook is nil.
func Observe(d clientstorage.Driver, hook func(context.Context, Event)) clientstorage.Driver {
	need(d, "Observe")
	if hook == nil {
		panic("decorator: Observe with a nil hook")
	}
	return &observed{d, hook}
}

type observed struct {
	inner clientstorage.Driver
	hook  func(context.Context, Event)
}

var (
	_ clientstorage.Driver        = (*observed)(nil)
	_ clientstorage.ManyFetcher   = (*observed)(nil)
	_ clientstorage.ManySaver     = (*observed)(nil)
	_ clientstorage.ManyDeleter   = (*observed)(nil)
	_ clientstorage.CorruptHearer = (*observed)(nil)
)

// fetched reports a fetch of keys that found so many.
func (o *observed) fetched(ctx context.Context, start time.Time, keys, found int, err error) {
	e := Event{Operation: OpFetch, Keys: keys, Found: found, Duration: time.Since(start)}
	switch {
	case errors.Is(err, clientstorage.ErrNotFound), err == nil && found < keys:
		e.Outcome = OutcomeMiss
	case err == nil:
		e.Outcome = OutcomeHit
	default:
		e.Outcome, e.Err = failure(ctx, err), err
	}
	o.hook(ctx, e)
}

func (o *observed) wrote(ctx context.Context, start time.Time, op Operation, keys int, err error) {
	e := Event{Operation: op, Keys: keys, Duration: time.Since(start), Outcome: OutcomeOK, Err: err}
	if err != nil {
		e.Outcome = failure(ctx, err)
	}
	o.hook(ctx, e)
}

func failure(ctx context.Context, err error) Outcome {
	switch {
	case errors.Is(err, clientstorage.ErrCorrupt):
		return OutcomeCorrupt
	case errors.Is(ctx.Err(), context.Canceled):
		return OutcomeCanceled
	default:
		return OutcomeFailed
	}
}

func (o *observed) Fetch(ctx context.Context, key string) ([]byte, error) {
	start := time.Now()
	value, err := o.inner.Fetch(ctx, key)
	found := 0
	if err == nil {
		found = 1
	}
	o.fetched(ctx, start, 1, found, err)
	return value, err
}

func (o *observed) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	start := time.Now()
	err := o.inner.Save(ctx, key, value, ttl)
	o.wrote(ctx, start, OpSave, 1, err)
	return err
}

func (o *observed) Delete(ctx context.Context, key string) error {
	start := time.Now()
	err := o.inner.Delete(ctx, key)
	o.wrote(ctx, start, OpDelete, 1, err)
	return err
}

func (o *observed) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	start := time.Now()
	values, err := clientstorage.FetchMany(ctx, o.inner, keys)
	found := 0
	for _, value := range values {
		if value != nil {
			found++
		}
	}
	o.fetched(ctx, start, len(keys), found, err)
	return values, err
}

func (o *observed) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	start := time.Now()
	err := clientstorage.SaveMany(ctx, o.inner, items)
	o.wrote(ctx, start, OpSave, len(items), err)
	return err
}

func (o *observed) DeleteMany(ctx context.Context, keys []string) error {
	start := time.Now()
	err := clientstorage.DeleteMany(ctx, o.inner, keys)
	o.wrote(ctx, start, OpDelete, len(keys), err)
	return err
}

// HearCorrupt implements [clientstorage.CorruptHearer].
func (o *observed) HearCorrupt(ctx context.Context, err error) {
	o.hook(ctx, Event{Operation: OpDecode, Keys: 1, Outcome: OutcomeCorrupt, Err: err})
	clientstorage.HearCorrupt(ctx, o.inner, err)
}
