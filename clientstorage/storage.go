package clientstorage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// A Storage knows the clients of this node, and finds those of all nodes that
// share its driver. Its methods may be called concurrently.
type Storage struct {
	table  *table
	shared *shared // nil without a driver
}

// Options configure [New]. The zero value, and nil, mean the defaults.
type Options struct {
	// Prefix begins every key in the cache. Storages of one prefix see each
	// other's clients. It defaults to "rollcall:".
	Prefix string

	// Lease is how long the other nodes believe in this one after they last
	// heard of it: the time that the clients of a killed node stay visible. It
	// is renewed three times as often. It defaults to six seconds and is at
	// least three.
	Lease time.Duration

	// Timeout bounds how long Attach and Detach wait for the cache. It defaults
	// to one second.
	Timeout time.Duration

	// Logger is told when the cache fails and when it is back. It defaults to
	// slog.Default().
	Logger *slog.Logger
}

// ErrFull says that a client cannot be attached because the storage already
// holds as many as it can number.
var ErrFull = errors.New("clientstorage: full")

// ErrInvalid says that a client lacks a user name, or exceeds a limit that is
// given at the fields of [Client].
var ErrInvalid = errors.New("clientstorage: invalid client")

// New returns a storage. With a nil driver it is one node's, in memory, and
// nothing can fail. With a driver it writes the clients of this node there and
// starts a goroutine that keeps the node's lease; Close stops it.
//
// New does not wait for the driver: if the cache is down, the storage serves
// this node's clients and publishes them when the cache is back.
func New(driver Driver, opts *Options) (*Storage, error) {
	s := &Storage{table: newTable(newNodeID())}
	if driver == nil {
		return s, nil
	}
	var o Options
	if opts != nil {
		o = *opts
	}
	o.Prefix = cmp.Or(o.Prefix, "rollcall:")
	o.Lease = cmp.Or(o.Lease, 6*time.Second)
	o.Timeout = cmp.Or(o.Timeout, time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	if o.Lease < 3*time.Second {
		return nil, fmt.Errorf("clientstorage: a lease of %v is too short: caches keep whole seconds, so give at least 3s", o.Lease)
	}
	if o.Timeout < 0 {
		return nil, fmt.Errorf("clientstorage: the timeout %v is negative", o.Timeout)
	}
	s.shared = share(s.table, driver, o)
	return s, nil
}

// Node returns the id of this storage, which the ids of its clients begin with.
func (s *Storage) Node() NodeID { return s.table.node }

// Attach remembers a client and returns it with its ID and, unless it was set,
// the time. The caller must Detach it when its socket is gone.
//
// Attach returns when the client can be found by the other nodes. If the cache
// does not take it in time, Attach succeeds all the same, because the truth is
// here: the client is published when the cache is back. What a cache loses is
// noticed and written again with the next heartbeat, a third of a lease later.
func (s *Storage) Attach(ctx context.Context, client Client) (*Client, error) {
	if !client.valid() {
		return nil, ErrInvalid
	}
	c := &client
	if c.Since.IsZero() {
		c.Since = time.Now()
	}
	if !s.table.insert(c) {
		return nil, ErrFull
	}
	if s.shared != nil {
		s.shared.publish(ctx, c.ID)
	}
	return c, nil
}

// Detach forgets a client of this node. It returns ErrNotFound if the client is
// not attached here, so of several calls for one client exactly one succeeds.
// What Attach says of a cache that fails holds for Detach too.
func (s *Storage) Detach(ctx context.Context, id ID) error {
	if s.table.remove(id) == nil {
		return ErrNotFound
	}
	if s.shared != nil {
		s.shared.publish(ctx, id)
	}
	return nil
}

// Lookup returns the client id, whichever node it is attached to, or
// ErrNotFound. For a client of this node it takes no lock, allocates nothing
// and cannot fail otherwise.
func (s *Storage) Lookup(ctx context.Context, id ID) (*Client, error) {
	if id.node == s.table.node {
		if c := s.table.lookup(id); c != nil {
			return c, nil
		}
		return nil, ErrNotFound
	}
	if s.shared == nil || id.IsZero() {
		return nil, ErrNotFound
	}
	return s.shared.lookup(ctx, id)
}

// Close withdraws this node: its clients are no longer visible to others, and
// what it wrote is removed from the cache. Clients that are attached, or are
// attached later, stay known to this storage only. If the cache fails, or ctx
// ends, Close returns that error; what it left then expires by itself, or goes
// with another Close.
func (s *Storage) Close(ctx context.Context) error {
	if s.shared == nil {
		return nil
	}
	return s.shared.close(ctx)
}
