package clientstorage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Some backends take many keys in one round trip. A [Driver] over one says so by
// having these methods too; without them, [FetchMany], [SaveMany] and
// [DeleteMany] get the same result with one call a key. A decorator has all
// three, and calls those functions with the driver that it wraps.

// A ManyFetcher is a Driver that fetches many keys at once.
type ManyFetcher interface {
	// FetchMany returns the values of keys, in their order. The value of a key
	// that does not exist is nil, and no other is. With an error nothing is
	// known about any of them.
	FetchMany(ctx context.Context, keys []string) ([][]byte, error)
}

// A ManySaver is a Driver that saves many values at once.
type ManySaver interface {
	// SaveMany saves each of the items, of which no two have the same key. With
	// an error, any of them may have been saved, and any not. As Save, it does
	// not read the values any more when it has returned.
	SaveMany(ctx context.Context, items []Item) error
}

// A ManyDeleter is a Driver that deletes many keys at once.
type ManyDeleter interface {
	// DeleteMany deletes keys. It is not an error if some do not exist. With an
	// error, any of them may have been deleted, and any not.
	DeleteMany(ctx context.Context, keys []string) error
}

// An Item is what Save takes, for many.
type Item struct {
	Key   string
	Value []byte
	TTL   time.Duration
}

// FetchMany calls d.FetchMany, or d.Fetch for each key if d has no such method.
// See [ManyFetcher].
func FetchMany(ctx context.Context, d Driver, keys []string) ([][]byte, error) {
	if d, ok := d.(ManyFetcher); ok {
		values, err := d.FetchMany(ctx, keys)
		if err == nil && len(values) != len(keys) {
			return nil, fmt.Errorf("clientstorage: the driver returned %d values for %d keys", len(values), len(keys))
		}
		return values, err
	}
	values := make([][]byte, len(keys))
	err := each(ctx, len(keys), func(ctx context.Context, i int) error {
		value, err := d.Fetch(ctx, keys[i])
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		values[i] = value
		return err
	})
	if err != nil {
		return nil, err
	}
	return values, nil
}

// SaveMany calls d.SaveMany, or d.Save for each item if d has no such method.
// See [ManySaver].
func SaveMany(ctx context.Context, d Driver, items []Item) error {
	if d, ok := d.(ManySaver); ok {
		return d.SaveMany(ctx, items)
	}
	return each(ctx, len(items), func(ctx context.Context, i int) error {
		return d.Save(ctx, items[i].Key, items[i].Value, items[i].TTL)
	})
}

// DeleteMany calls d.DeleteMany, or d.Delete for each key if d has no such
// method. See [ManyDeleter].
func DeleteMany(ctx context.Context, d Driver, keys []string) error {
	if d, ok := d.(ManyDeleter); ok {
		return d.DeleteMany(ctx, keys)
	}
	return each(ctx, len(keys), func(ctx context.Context, i int) error {
		return d.Delete(ctx, keys[i])
	})
}

// atOnce is how many calls each has under way. Clients that pipeline by
// themselves, as go-redis does on demand, make one round trip of them.
const atOnce = 64

// each calls f for every i below n, several at a time, until one fails, whose
// error it returns.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	if n == 0 {
		return ctx.Err()
	}
	if n == 1 {
		return f(ctx, 0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, atOnce) {
		wg.Go(func() {
			for i := range next {
				if err := f(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

// oneByOne calls f for every i below n, some at a time, and returns what came of
// each. If the first of them all fail, it takes the backend for broken and gives
// the others the same error.
func oneByOne(ctx context.Context, n int, f func(ctx context.Context, i int) error) []error {
	const tries = 8
	errs := make([]error, n)
	first := min(n, tries)
	var wg sync.WaitGroup
	try := func(from, to int) {
		for i := from; i < to; i++ {
			wg.Go(func() { errs[i] = f(ctx, i) })
		}
		wg.Wait()
	}
	try(0, first)
	if !slices.Contains(errs[:first], nil) && n > 0 {
		for i := range errs {
			errs[i] = cmp.Or(errs[i], errs[0])
		}
		return errs
	}
	for from := first; from < n; from += atOnce {
		try(from, min(from+atOnce, n))
	}
	return errs
}
