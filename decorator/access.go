package decorator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eko/gocache/lib/v4/store"
)

// A Cache is what CacheDecorator needs of gocache: its stores have it, for any,
// and so have its generic caches. T is []byte, string or any.
type Cache[T any] interface {
	Get(ctx context.Context, key any) (T, error)
	Set(ctx context.Context, key any, value T, options ...store.Option) error
	Delete(ctx context.Context, key any) error
	GetType() string
}

// access is a Cache of any type as seen by CacheDecorator. The keys are strings,
// boxed once for several calls.
type access interface {
	get(ctx context.Context, key any) (any, error)
	set(ctx context.Context, key any, value []byte, options []store.Option) error
	del(ctx context.Context, key any) error
}

// typed is the access to a Cache[T].
type typed[T any] struct {
	cache   Cache[T]
	convert func([]byte) T // chosen once, so that no call has to look at T
}

func (a typed[T]) get(ctx context.Context, key any) (any, error) {
	return a.cache.Get(ctx, key)
}

func (a typed[T]) set(ctx context.Context, key any, value []byte, options []store.Option) error {
	return a.cache.Set(ctx, key, a.convert(value), options...)
}

func (a typed[T]) del(ctx context.Context, key any) error {
	return a.cache.Delete(ctx, key)
}

// newAccess returns the access to a cache, whose store may want strings.
func newAccess[T any](cache Cache[T], wantsString bool) (access, error) {
	var convert any
	switch any((*T)(nil)).(type) {
	case *[]byte:
		if wantsString {
			return nil, errors.New("its store takes strings only: make it a cache of string or any")
		}
		convert = func(b []byte) []byte { return b }
	case *string:
		convert = func(b []byte) string { return string(b) }
	case *any:
		convert = func(b []byte) any { return b }
		if wantsString {
			convert = func(b []byte) any { return string(b) }
		}
	default:
		return nil, fmt.Errorf("its values are of type %T: make it a cache of []byte, string or any", *new(T))
	}
	return typed[T]{cache, convert.(func([]byte) T)}, nil
}

// A terms is what a value is saved with. Most of what gocache allocates for a Set
// is its options, so a decorator keeps the ones that it used last; a storage uses
// few. They never change, because a cache may look at them later.
type terms struct {
	ttl     time.Duration
	cost    int64
	options []store.Option
}

func newTerms(ttl time.Duration, cost int64) *terms {
	return &terms{ttl, cost, []store.Option{func(o *store.Options) {
		o.Expiration = ttl
		// Without these, ristretto stores later, in any order, and counts every
		// value as if it had no size. Other stores do not look at them.
		o.SynchronousSet, o.Cost = true, cost
	}}}
}

// costStep is what the cost of a value is rounded up to, so that values of about
// the same length have the same terms.
const costStep = 256

// terms returns the options to save size bytes with.
func (d *CacheDecorator) terms(ttl time.Duration, size int) []store.Option {
	cost := int64(size+costStep-1) / costStep * costStep
	if !d.provider.lossy {
		cost = 1 // nobody looks at it
	}
	if t := d.last.Load(); t != nil && t.ttl == ttl && t.cost == cost {
		return t.options
	}
	t := newTerms(ttl, cost)
	d.last.Store(t)
	return t.options
}
