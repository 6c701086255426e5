package redisdriver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A Driver is a [clientstorage.Driver] that keeps its values in Redis. Its
// methods may be called concurrently.
//
// It touches the keys that it is given and no others, so the database may hold
// other things. A key that holds something else than a string is an error that
// is [clientstorage.ErrCorrupt]; Save replaces what it holds.
type Driver struct {
	client redis.UniversalClient
	// multiKey says that one command may name many keys. The servers of a
	// cluster take those only if the keys have the same slot.
	multiKey atomic.Bool
}

var (
	_ clientstorage.Driver      = (*Driver)(nil)
	_ clientstorage.ManyFetcher = (*Driver)(nil)
	_ clientstorage.ManySaver   = (*Driver)(nil)
	_ clientstorage.ManyDeleter = (*Driver)(nil)
)

// New returns a driver that uses client. The client stays the caller's, who
// closes it when the storage is closed. New does not wait for the server. It
// panics if client is nil.
func New(client redis.UniversalClient) *Driver {
	if client == nil {
		panic("redisdriver: the client is nil")
	}
	d := &Driver{client: client}
	_, one := client.(*redis.Client)
	d.multiKey.Store(one)
	return d
}

// Fetch implements [clientstorage.Driver].
func (d *Driver) Fetch(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, failed("fetch", err)
	}
	value, err := d.client.Get(ctx, key).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, clientstorage.ErrNotFound
	case err != nil:
		return nil, failed("fetch", err)
	}
	// Not the command's Bytes: those are the bytes of its string, which a client
	// with a cache of its own keeps.
	return []byte(value), nil
}

// Save implements [clientstorage.Driver]. A ttl below one second is rounded up
// to it, a part of a millisecond is dropped.
func (d *Driver) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return failed("save", err)
	}
	if err := checkTTL(ttl); err != nil {
		return err
	}
	return failed("save", d.client.Set(ctx, key, value, atLeast(ttl)).Err())
}

// Delete implements [clientstorage.Driver].
func (d *Driver) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return failed("delete", err)
	}
	return failed("delete", d.client.Del(ctx, key).Err())
}

// checkTTL refuses what go-redis would take for "for ever".
func checkTTL(ttl time.Duration) error {
	if ttl <= 0 {
		return fmt.Errorf("redisdriver: save: the ttl %v is not positive", ttl)
	}
	return nil
}

func atLeast(ttl time.Duration) time.Duration { return max(ttl, time.Second) }

// failed says what could not be done, and neither key nor value.
func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return fmt.Errorf("redisdriver: %s: %w: %w", doing, clientstorage.ErrCorrupt, err)
	}
	// A server that lacks a command, or has it disabled, quotes all of it.
	if text, _, quotes := strings.Cut(err.Error(), ", with args beginning with"); quotes {
		err = errors.New(text)
	}
	return fmt.Errorf("redisdriver: %s: %w", doing, err)
}
