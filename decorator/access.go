package decorator

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
// is its options, so they are used again.
type terms struct {
	ttl     time.Duration
	cost    int64
	options [1]store.Option // apply
}

var termsPool = sync.Pool{New: func() any { return newTerms() }}

func newTerms() *terms {
	t := &terms{}
	t.options[0] = t.apply
	return t
}

func (t *terms) apply(o *store.Options) {
	o.Expiration = t.ttl
	// Without these, ristretto stores later, in any order, and counts every value
	// as if it had no size. Other stores do not look at them.
	o.SynchronousSet, o.Cost = true, t.cost
}
