package decorator

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// ChainOptions configure [Chain]. The zero value, and nil, mean the defaults.
type ChainOptions struct {
	// NearTTL is how long the near driver keeps a value. It defaults to one
	// second, which is also the least.
	NearTTL time.Duration
}

// Chain returns a driver that reads through near, which should answer from this
// process's memory, from far, which holds everything. What near does not have is
// read from far, and is in near when Fetch returns. A key that is not in far is
// looked for there each time.
//
// A value that this chain saved or deleted is never read from near again: both
// go to far, and near forgets the key, also when far fails and nobody knows what
// it holds. A Fetch that began before does not bring the old value back. So to
// read after a write is to ask far, which is what a node does to learn whether
// its write lasted.
//
// What others save, delete or let expire in far is seen NearTTL late at most,
// counted from the time that far answered. No better bound can be given, because
// a driver does not say how long a value has left. A killed node is therefore
// seen NearTTL longer than its lease; keep NearTTL well below the lease.
//
// The operations are those of far: if near fails, they do not. Wrap near in
// [Observe] to hear of it. Chain panics if near or far is nil.
func Chain(near, far clientstorage.Driver, opts *ChainOptions) clientstorage.Driver {
	need(near, "Chain")
	need(far, "Chain")
	c := &chain{near: near, far: far, nearTTL: time.Second, seed: maphash.MakeSeed()}
	if opts != nil {
		c.nearTTL = max(c.nearTTL, opts.NearTTL)
	}
	return c
}

type chain struct {
	near, far clientstorage.Driver
	nearTTL   time.Duration
	seed      maphash.Seed
	stripes   [256]stripe
}

var (
	_ clientstorage.Driver        = (*chain)(nil)
	_ clientstorage.ManyFetcher   = (*chain)(nil)
	_ clientstorage.ManySaver     = (*chain)(nil)
	_ clientstorage.ManyDeleter   = (*chain)(nil)
	_ clientstorage.CorruptHearer = (*chain)(nil)
)

// A stripe guards the keys that hash to it. Keys that share one cost each other
// now and then a value that is not kept near, and nothing else.
type stripe struct {
	mu     sync.Mutex
	writes uint64 // that have ended
	// shut is until when near is not used, because it may hold a value that it
	// was told to forget.
	shut time.Time
}

// shutFor is how much longer than its time to live a value that near did not
// forget is feared. Drivers may round a time to live up by a second.
const shutFor = 2 * time.Second

func (c *chain) stripe(key string) *stripe {
	return &c.stripes[maphash.String(c.seed, key)%uint64(len(c.stripes))]
}

// A view is what a Fetch knew of its stripe before it read anything.
type view struct {
	writes uint64
	near   bool // near may be asked
}

func (s *stripe) view() view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return view{s.writes, s.shut.IsZero() || time.Now().After(s.shut)}
}

// keep puts a value that far gave into near, unless a write has ended since v:
// the value may be older than that. It holds the lock while near saves, so that
// forget comes wholly before or wholly after.
func (c *chain) keep(ctx context.Context, key string, value []byte, v view) {
	if !v.near {
		return
	}
	s := c.stripe(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes != v.writes {
		return
	}
	err := c.near.Save(ctx, key, value, c.nearTTL)
	if err != nil && !errors.Is(err, ErrDropped) {
		c.shut(s) // the value may yet arrive, after it was deleted
	}
}

// forget ends a write: near drops the key, and values that were read before stay
// out of near.
func (c *chain) forget(ctx context.Context, key string) {
	s := c.stripe(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if err := c.near.Delete(ctx, key); err != nil {
		c.shut(s)
	}
}

func (c *chain) shut(s *stripe) { s.shut = time.Now().Add(c.nearTTL + shutFor) }

func (c *chain) Fetch(ctx context.Context, key string) ([]byte, error) {
	v := c.stripe(key).view()
	if v.near {
		if value, err := c.near.Fetch(ctx, key); err == nil {
			return value, nil
		}
	}
	value, err := c.far.Fetch(ctx, key)
	if err != nil {
		return nil, err
	}
	c.keep(ctx, key, value, v)
	return value, nil
}

func (c *chain) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	defer c.forget(ctx, key)
	return c.far.Save(ctx, key, value, ttl)
}

func (c *chain) Delete(ctx context.Context, key string) error {
	defer c.forget(ctx, key)
	return c.far.Delete(ctx, key)
}

func (c *chain) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	views := make([]view, len(keys))
	for i, key := range keys {
		views[i] = c.stripe(key).view()
	}
	values, err := clientstorage.FetchMany(ctx, c.near, keys)
	if err != nil {
		values = make([][]byte, len(keys))
	}
	var absent []string
	var at []int // where in keys they are
	for i, key := range keys {
		if values[i] == nil || !views[i].near {
			absent, at = append(absent, key), append(at, i)
		}
	}
	if len(absent) == 0 {
		return values, ctx.Err()
	}
	found, err := clientstorage.FetchMany(ctx, c.far, absent)
	if err != nil {
		return nil, err
	}
	for j, i := range at {
		if values[i] = found[j]; values[i] != nil {
			c.keep(ctx, keys[i], values[i], views[i])
		}
	}
	return values, nil
}

func (c *chain) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	defer func() {
		for _, item := range items {
			c.forget(ctx, item.Key)
		}
	}()
	return clientstorage.SaveMany(ctx, c.far, items)
}

func (c *chain) DeleteMany(ctx context.Context, keys []string) error {
	defer func() {
		for _, key := range keys {
			c.forget(ctx, key)
		}
	}()
	return clientstorage.DeleteMany(ctx, c.far, keys)
}

func (c *chain) HearCorrupt(ctx context.Context, err error) {
	clientstorage.HearCorrupt(ctx, c.far, err)
}
