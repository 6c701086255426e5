package decorator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eko/gocache/lib/v4/store"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A CacheDecorator makes a gocache store a [clientstorage.Driver]. Its methods
// may be called concurrently.
//
// It never clears the cache and never uses tags, so the cache may hold other
// things beside the clients.
type CacheDecorator struct {
	store store.StoreInterface
	lossy bool // a Set without an error may not have stored anything
}

var _ clientstorage.Driver = (*CacheDecorator)(nil)

// ErrDropped says that the cache took a value and did not keep it, as ristretto
// does when its MaxCost is reached or its buffer is full. A larger cache is the
// remedy.
var ErrDropped = errors.New("decorator: the cache dropped the value")

// New decorates s and tries it out with a key of its own: it saves, overwrites
// and deletes a value. A cache that cannot be reached, or that does not give
// back what it was given, is refused.
func New(ctx context.Context, s store.StoreInterface) (*CacheDecorator, error) {
	if s == nil {
		return nil, errors.New("decorator: the gocache store is nil")
	}
	d := &CacheDecorator{store: s, lossy: s.GetType() == "ristretto"}
	if err := probe(ctx, d); err != nil {
		return nil, fmt.Errorf("decorator: the %s cache cannot hold clients: %w", s.GetType(), err)
	}
	return d, nil
}

// Fetch implements [clientstorage.Driver].
func (d *CacheDecorator) Fetch(ctx context.Context, key string) (value []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("decorator: fetch: %w", err)
	}
	defer recoverInto(&err, "fetch")
	return d.fetch(ctx, safeKey(key))
}

func (d *CacheDecorator) fetch(ctx context.Context, key string) ([]byte, error) {
	got, err := d.store.Get(ctx, key)
	switch {
	case errors.Is(err, store.NotFound{}):
		return nil, clientstorage.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("decorator: fetch: %w", err)
	}
	switch v := got.(type) {
	case []byte:
		// Caches in this process return the very bytes that they keep. A nil
		// slice would read as a miss to those who do not look at the error.
		return append([]byte{}, v...), nil
	case string:
		return []byte(v), nil
	default:
		return nil, fmt.Errorf("decorator: fetch: the cache returned a %T for bytes", got)
	}
}

// Save implements [clientstorage.Driver]. A ttl below one second is rounded up
// to it, because several caches take less than that for "for ever".
func (d *CacheDecorator) Save(ctx context.Context, key string, value []byte, ttl time.Duration) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("decorator: save: %w", err)
	}
	if ttl <= 0 {
		return fmt.Errorf("decorator: save: the ttl %v is not positive", ttl)
	}
	defer recoverInto(&err, "save")
	key = safeKey(key)
	kept := bytes.Clone(value) // caches in this process keep the slice they get
	options := []store.Option{store.WithExpiration(max(ttl, time.Second))}
	if d.lossy {
		// Without these, ristretto stores later, in any order, and counts every
		// value as if it had no size.
		options = append(options, store.WithSynchronousSet(), store.WithCost(int64(len(key)+len(value))))
	}
	if err := d.store.Set(ctx, key, kept, options...); err != nil {
		if d.lossy {
			return ErrDropped // the store's message would quote the value
		}
		return fmt.Errorf("decorator: save: %w", err)
	}
	if d.lossy {
		return d.verify(ctx, key)
	}
	return nil
}

// verify looks whether a value that was just set is there.
func (d *CacheDecorator) verify(ctx context.Context, key string) error {
	_, err := d.fetch(ctx, key)
	if errors.Is(err, clientstorage.ErrNotFound) {
		return ErrDropped
	}
	return err
}

// Delete implements [clientstorage.Driver].
func (d *CacheDecorator) Delete(ctx context.Context, key string) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("decorator: delete: %w", err)
	}
	defer recoverInto(&err, "delete")
	if err := d.store.Delete(ctx, safeKey(key)); err != nil && !errors.Is(err, store.NotFound{}) {
		return fmt.Errorf("decorator: delete: %w", err)
	}
	return nil
}

// recoverInto makes a panic of a cache an error of the operation, for a cache
// must not be able to bring a server down. The panic's text is left out: it may
// quote a value.
func recoverInto(err *error, doing string) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("decorator: %s: the cache panicked with a %T", doing, v)
	}
}
