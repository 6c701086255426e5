package decorator

import (
	"context"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// Prefix returns a driver that puts prefix in front of every key, literally and
// without a separator. Drivers with two prefixes over one backend never touch
// each other's keys, unless one prefix begins with the other: under "a", the key
// "b:x" is the key "x" under "ab:". A prefix that ends in a colon and has no
// other is safe beside its like.
//
// A storage puts a prefix of its own in front of its keys, so one that has the
// backend to itself needs no Prefix. Prefix panics if d is nil or prefix empty.
func Prefix(d clientstorage.Driver, prefix string) clientstorage.Driver {
	need(d, "Prefix")
	if prefix == "" {
		panic("decorator: Prefix with an empty prefix")
	}
	return &prefixed{d, prefix}
}

type prefixed struct {
	inner  clientstorage.Driver
	prefix string
}

var (
	_ clientstorage.Driver        = (*prefixed)(nil)
	_ clientstorage.ManyFetcher   = (*prefixed)(nil)
	_ clientstorage.ManySaver     = (*prefixed)(nil)
	_ clientstorage.ManyDeleter   = (*prefixed)(nil)
	_ clientstorage.CorruptHearer = (*prefixed)(nil)
)

// need panics if d is nil, because that would show only when a client comes.
func need(d clientstorage.Driver, constructor string) {
	if d == nil {
		panic("decorator: " + constructor + " of a nil driver")
	}
}

func (p *prefixed) Fetch(ctx context.Context, key string) ([]byte, error) {
	return p.inner.Fetch(ctx, p.prefix+key)
}

func (p *prefixed) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return p.inner.Save(ctx, p.prefix+key, value, ttl)
}

func (p *prefixed) Delete(ctx context.Context, key string) error {
	return p.inner.Delete(ctx, p.prefix+key)
}

func (p *prefixed) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	return clientstorage.FetchMany(ctx, p.inner, p.all(keys))
}

func (p *prefixed) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	full := make([]clientstorage.Item, len(items))
	for i, item := range items {
		item.Key = p.prefix + item.Key
		full[i] = item
	}
	return clientstorage.SaveMany(ctx, p.inner, full)
}

func (p *prefixed) DeleteMany(ctx context.Context, keys []string) error {
	return clientstorage.DeleteMany(ctx, p.inner, p.all(keys))
}

func (p *prefixed) all(keys []string) []string {
	full := make([]string, len(keys))
	for i, key := range keys {
		full[i] = p.prefix + key
	}
	return full
}

func (p *prefixed) HearCorrupt(ctx context.Context, err error) {
	clientstorage.HearCorrupt(ctx, p.inner, err)
}
