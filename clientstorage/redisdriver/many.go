package redisdriver

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// What goes out in one round trip. go-redis gives all answers of a round trip
// one ReadTimeout, and a server answers nobody else while it works on an MGET,
// so a round trip must be bounded. Beyond a few hundred keys a larger one is not
// faster: the time for a key is then the server's, not the way's.
const (
	maxKeys  = 512
	maxBytes = 1 << 20 // of keys and values; a larger item goes alone
)

// FetchMany implements [clientstorage.ManyFetcher], with one round trip for 512
// keys, and a second one if some of them are not there.
func (d *Driver) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, failed("fetch", err)
	}
	values := make([][]byte, 0, len(keys))
	for some := range slices.Chunk(keys, maxKeys) {
		got, err := d.fetchSome(ctx, some)
		if err != nil {
			return nil, failed("fetch", err)
		}
		values = append(values, got...)
	}
	return values, nil
}

func (d *Driver) fetchSome(ctx context.Context, keys []string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	if d.multiKey.Load() {
		if err := d.usable(d.mget(ctx, keys, values)); err != nil {
			return nil, err
		}
	}
	// To MGET a key that holds a list, say, does not exist. GET tells.
	if err := d.getMissing(ctx, keys, values); err != nil {
		return nil, err
	}
	return values, nil
}

// mget fetches keys with one command.
func (d *Driver) mget(ctx context.Context, keys []string, values [][]byte) error {
	got, err := d.client.MGet(ctx, keys...).Result()
	if err != nil {
		return err
	}
	if len(got) != len(keys) {
		return fmt.Errorf("%d values for %d keys", len(got), len(keys))
	}
	for i, v := range got {
		switch v := v.(type) {
		case nil:
		case string:
			values[i] = []byte(v)
		default:
			return fmt.Errorf("a %T for a value", v)
		}
	}
	return nil
}

// getMissing fetches those keys whose value is nil with one command each, in one
// round trip.
func (d *Driver) getMissing(ctx context.Context, keys []string, values [][]byte) error {
	pipe := d.client.Pipeline()
	gets := make([]*redis.StringCmd, len(keys))
	for i, key := range keys {
		if values[i] == nil {
			gets[i] = pipe.Get(ctx, key)
		}
	}
	if err := send(ctx, pipe); err != nil {
		return err
	}
	for i, get := range gets {
		if get != nil && get.Err() == nil {
			values[i] = []byte(get.Val())
		}
	}
	return nil
}

// SaveMany implements [clientstorage.ManySaver], with one round trip for 512
// items or a mebibyte. If the ttl of one item is not positive, none is saved.
func (d *Driver) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	if err := ctx.Err(); err != nil {
		return failed("save", err)
	}
	for _, item := range items {
		if err := checkTTL(item.TTL); err != nil {
			return err
		}
	}
	for some := range roundTrips(items) {
		pipe := d.client.Pipeline()
		for _, item := range some {
			pipe.Set(ctx, item.Key, item.Value, atLeast(item.TTL))
		}
		if err := send(ctx, pipe); err != nil {
			return failed("save", err)
		}
	}
	return nil
}

// roundTrips cuts items into what goes out together.
func roundTrips(items []clientstorage.Item) iter.Seq[[]clientstorage.Item] {
	return func(yield func([]clientstorage.Item) bool) {
		for len(items) > 0 {
			n, size := 0, 0
			for n < min(len(items), maxKeys) {
				size += len(items[n].Key) + len(items[n].Value)
				if n > 0 && size > maxBytes {
					break
				}
				n++
			}
			if !yield(items[:n]) {
				return
			}
			items = items[n:]
		}
	}
}

// DeleteMany implements [clientstorage.ManyDeleter], with one round trip for 512
// keys.
func (d *Driver) DeleteMany(ctx context.Context, keys []string) error {
	if err := ctx.Err(); err != nil {
		return failed("delete", err)
	}
	for some := range slices.Chunk(keys, maxKeys) {
		if err := d.deleteSome(ctx, some); err != nil {
			return failed("delete", err)
		}
	}
	return nil
}

func (d *Driver) deleteSome(ctx context.Context, keys []string) error {
	if d.multiKey.Load() {
		err := d.usable(d.client.Del(ctx, keys...).Err())
		if err != nil || d.multiKey.Load() {
			return err
		}
	}
	pipe := d.client.Pipeline()
	for _, key := range keys {
		pipe.Del(ctx, key)
	}
	return send(ctx, pipe)
}

// usable returns the error of a command with many keys, unless that says that
// the server is one of a cluster, as it may be behind a plain client too. Then
// it did nothing, and there are no such commands any more.
func (d *Driver) usable(err error) error {
	if redis.HasErrorPrefix(err, "CROSSSLOT") {
		d.multiKey.Store(false)
		return nil
	}
	return err
}

// send sends what is in pipe and returns the first error there is. A missing key
// is none. Exec's own error may hide that of a later command.
func send(ctx context.Context, pipe redis.Pipeliner) error {
	commands, err := pipe.Exec(ctx)
	for _, c := range commands {
		if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}
