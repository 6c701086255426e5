// Package breaker refuses the operations of a driver for a while once several in
// a row have failed, so that nobody waits for a cache that is down. It is
// github.com/sony/gobreaker around a [clientstorage.Driver], in a package of its
// own so that only those who want it link it.
package breaker

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// ErrOpen says that an operation was refused because those before it failed.
// The driver was not asked, so nothing was written.
var ErrOpen = errors.New("breaker: open, because the driver failed")

// Options configure [New]. The zero value, and nil, mean the defaults.
type Options struct {
	// Failures is how many operations in a row must fail to open the breaker.
	// It defaults to 5.
	Failures int

	// Wait is how long an open breaker refuses everything. Then it lets one
	// operation through, whose outcome decides whether it closes. It defaults to
	// one second; keep it below a third of the lease, or heartbeats are refused
	// too.
	Wait time.Duration

	// OnChange, if it is set, is called when the breaker opens and when it
	// closes. It must be quick, and must not use the driver.
	OnChange func(open bool)
}

// New returns a driver that asks d while its breaker is closed, and returns
// [ErrOpen] while it is open.
//
// A miss, and clientstorage.ErrCorrupt, show that the driver works. An operation
// whose caller cancelled it shows nothing and is not counted. A deadline that
// passed is a failure, for that is how a cache that hangs shows.
//
// New panics if d is nil or an option negative.
func New(d clientstorage.Driver, opts *Options) clientstorage.Driver {
	if d == nil {
		panic("breaker: New of a nil driver")
	}
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.Failures < 0 || o.Wait < 0 {
		panic("breaker: New with a negative option")
	}
	if o.Failures == 0 {
		o.Failures = 5
	}
	if o.Wait == 0 {
		o.Wait = time.Second
	}
	return &driver{d, gobreaker.NewTwoStepCircuitBreaker[any](o.settings())}
}

func (o Options) settings() gobreaker.Settings {
	return gobreaker.Settings{
		Timeout: o.Wait,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return int64(c.ConsecutiveFailures) >= int64(o.Failures)
		},
		IsSuccessful: func(err error) bool {
			return err == nil || errors.Is(err, clientstorage.ErrNotFound) || errors.Is(err, clientstorage.ErrCorrupt)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			// Half open is a matter between the two. An open breaker that failed
			// its test is still open.
			if o.OnChange != nil && (from == gobreaker.StateClosed || to == gobreaker.StateClosed) {
				o.OnChange(to != gobreaker.StateClosed)
			}
		},
	}
}

type driver struct {
	inner   clientstorage.Driver
	breaker *gobreaker.TwoStepCircuitBreaker[any]
}

var (
	_ clientstorage.Driver        = (*driver)(nil)
	_ clientstorage.ManyFetcher   = (*driver)(nil)
	_ clientstorage.ManySaver     = (*driver)(nil)
	_ clientstorage.ManyDeleter   = (*driver)(nil)
	_ clientstorage.CorruptHearer = (*driver)(nil)
)

// guard calls f if the breaker lets it, and tells the breaker how it went.
func (d *driver) guard(ctx context.Context, f func() error) error {
	done, err := d.breaker.Allow()
	if err != nil {
		return ErrOpen
	}
	// A breaker that never hears of its one test stays open for ever, so it is
	// told of a panic as well.
	outcome := errors.New("breaker: the driver panicked")
	defer func() { done(outcome) }()
	err = f()
	outcome = err
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		outcome = context.Canceled // whatever the driver made of it
	}
	return err
}

func (d *driver) Fetch(ctx context.Context, key string) (value []byte, err error) {
	err = d.guard(ctx, func() error {
		value, err = d.inner.Fetch(ctx, key)
		return err
	})
	return value, err
}

func (d *driver) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return d.guard(ctx, func() error { return d.inner.Save(ctx, key, value, ttl) })
}

func (d *driver) Delete(ctx context.Context, key string) error {
	return d.guard(ctx, func() error { return d.inner.Delete(ctx, key) })
}

func (d *driver) FetchMany(ctx context.Context, keys []string) (values [][]byte, err error) {
	err = d.guard(ctx, func() error {
		values, err = clientstorage.FetchMany(ctx, d.inner, keys)
		return err
	})
	return values, err
}

func (d *driver) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	return d.guard(ctx, func() error { return clientstorage.SaveMany(ctx, d.inner, items) })
}

func (d *driver) DeleteMany(ctx context.Context, keys []string) error {
	return d.guard(ctx, func() error { return clientstorage.DeleteMany(ctx, d.inner, keys) })
}

func (d *driver) HearCorrupt(ctx context.Context, err error) {
	clientstorage.HearCorrupt(ctx, d.inner, err)
}
