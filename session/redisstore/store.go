package redisstore

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/session"
)

// Options configure a [Store]. Nil means the defaults.
type Options struct {
	// Prefix begins the key of every session. It defaults to "sf_s", Symfony's
	// own. The package documentation lists those of others.
	Prefix string
}

// defaultPrefix is that of Symfony's RedisSessionHandler.
const defaultPrefix = "sf_s"

// A Store reads sessions from Redis. It may be used concurrently.
type Store struct {
	client redis.UniversalClient
	prefix string
	own    bool          // the client was opened here
	quiet  time.Duration // see listen
}

var (
	_ session.Store   = (*Store)(nil)
	_ session.Watcher = (*Store)(nil)
)

// New returns a store that reads with client, which stays the caller's. It does
// not connect. It panics if client is nil.
func New(client redis.UniversalClient, opts *Options) *Store {
	if client == nil {
		panic("redisstore: the client is nil")
	}
	prefix := defaultPrefix
	if opts != nil {
		prefix = cmp.Or(opts.Prefix, prefix)
	}
	return &Store{client: client, prefix: prefix, quiet: quiet}
}

// Close closes the client if [session.Open] made it. It does not end Watch.
func (s *Store) Close() error {
	if !s.own {
		return nil
	}
	return failed("close", s.client.Close())
}

// failed says what could not be done, and not with which key.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	// A server that lacks a command, or has it disabled, quotes all of it.
	if text, _, quotes := strings.Cut(err.Error(), ", with args beginning with"); quotes {
		err = errors.New(text)
	}
	return fmt.Errorf("redisstore: %s: %w", doing, err)
}
