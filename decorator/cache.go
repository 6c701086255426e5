package decorator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/eko/gocache/lib/v4/store"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A CacheDecorator makes a cache of gocache a [clientstorage.Driver]. Its
// methods may be called concurrently.
//
// It never clears the cache and never uses tags, so the cache may hold other
// things beside the clients.
type CacheDecorator struct {
	cache    access
	provider Provider
	last     atomic.Pointer[terms]
}

var _ clientstorage.Driver = (*CacheDecorator)(nil)

// ErrDropped says that the cache took a value and did not keep it, as ristretto
// does when its MaxCost is reached or its buffer is full. A larger cache is the
// remedy.
var ErrDropped = errors.New("decorator: the cache dropped the value")

// New decorates a cache, and tries it out with keys of its own, which it deletes
// again. A cache that cannot be reached, or that does not give back what it was
// given, is refused with an error that says what to do.
//
// It recognises the stores of gocache (see [Providers]), also within cache.New
// and cache.NewMetric, and works around what they do not do by themselves. Any
// other cache, such as one of cache.NewLoadable, must prove that it lets values
// expire, which takes two seconds. The function of a Loadable must return
// store.NotFound for a key of this package: it cannot know who is connected.
func New[T any](ctx context.Context, cache Cache[T]) (*CacheDecorator, error) {
	if cache == nil {
		return nil, errors.New("decorator: the cache is nil")
	}
	d, err := decorate(ctx, cache)
	if err != nil {
		return nil, fmt.Errorf("decorator: the %s cache cannot hold clients: %w", storeType(cache), err)
	}
	return d, nil
}

func decorate[T any](ctx context.Context, cache Cache[T]) (*CacheDecorator, error) {
	if cache.GetType() == "chain" {
		return nil, errors.New("gocache's chain brings deleted values back to life: join drivers with decorator.Chain")
	}
	provider, known := byType(storeType(cache))
	if !known {
		provider = fingerprint(ctx, cache)
	}
	access, err := newAccess(cache, provider.wantsString)
	if err != nil {
		return nil, err
	}
	d := &CacheDecorator{cache: access, provider: provider}
	return d, d.probe(ctx)
}

// Fetch implements [clientstorage.Driver]. A value that is not bytes, or not
// what Save wrote, is clientstorage.ErrCorrupt.
func (d *CacheDecorator) Fetch(ctx context.Context, key string) (value []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("decorator: fetch: %w", err)
	}
	defer recoverInto(&err, "fetch")
	value, err = d.fetch(ctx, safeKey(key))
	if err == nil && d.provider.aliases {
		value = append([]byte{}, value...) // an empty value is not nil
	}
	return value, err
}

// wrongType begins the error of redis, whichever its client, for a key that
// holds something else than a string, such as a list of somebody else's.
const wrongType = "WRONGTYPE"

// fetch returns bytes that may be the cache's own.
func (d *CacheDecorator) fetch(ctx context.Context, key any) ([]byte, error) {
	got, err := d.cache.get(ctx, key)
	if err != nil {
		if errors.Is(err, store.NotFound{}) || d.provider.isMiss != nil && d.provider.isMiss(err) {
			return nil, clientstorage.ErrNotFound
		}
		if strings.HasPrefix(err.Error(), wrongType) {
			return nil, fmt.Errorf("decorator: fetch: %w: %w", clientstorage.ErrCorrupt, err)
		}
		return nil, failed("fetch", err)
	}
	var value []byte
	switch v := got.(type) {
	case []byte:
		if value = v; value == nil {
			value = []byte{}
		}
	case string:
		value = []byte(v)
	default:
		return nil, fmt.Errorf("decorator: fetch: %w: the cache returned a %T for bytes", clientstorage.ErrCorrupt, got)
	}
	if d.provider.envelope {
		return openEnvelope(value)
	}
	return value, nil
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
	key, ttl = safeKey(key), max(ttl, time.Second)
	p := &d.provider
	switch {
	case p.envelope:
		b := envelopes.Get().(*[]byte)
		defer reuseEnvelope(b)
		*b = appendEnvelope((*b)[:0], value, ttl)
		value = *b
	case p.aliases:
		value = bytes.Clone(value)
	}
	if p.ttl != nil {
		ttl = p.ttl(ttl)
	}
	boxed := any(key)
	err = d.cache.set(ctx, boxed, value, d.terms(ttl, len(key)+len(value)))
	switch {
	case err != nil && p.gocacheType == "ristretto":
		return ErrDropped // its only error, which quotes the value
	case err != nil:
		return failed("save", err)
	case p.lossy:
		return d.verify(ctx, boxed)
	}
	return nil
}

// verify looks whether a value that was just set is there.
func (d *CacheDecorator) verify(ctx context.Context, key any) error {
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
	err = d.cache.del(ctx, safeKey(key))
	if err == nil || errors.Is(err, store.NotFound{}) || d.provider.isAbsent != nil && d.provider.isAbsent(err) {
		return nil
	}
	return failed("delete", err)
}

// failed says what could not be done. A redis that lacks a command, or has it
// disabled, quotes key and value; that part is cut off.
func failed(doing string, err error) error {
	if text, _, quotes := strings.Cut(err.Error(), ", with args beginning with"); quotes {
		err = errors.New(text)
	}
	return fmt.Errorf("decorator: %s: %w", doing, err)
}

// recoverInto makes a panic of a cache an error of the operation, for a cache
// must not be able to bring a server down. The panic's text is left out: it may
// quote a value.
func recoverInto(err *error, doing string) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("decorator: %s: the cache panicked with a %T", doing, v)
	}
}
