package clientstorage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// A Storage knows the clients of this node, and finds those of all nodes that
// share its driver. Its methods may be called concurrently.
type Storage struct {
	table  *table
	hooks  *hooks
	opts   Options
	shared *shared // nil without a driver
}

// Options configure [New]. The zero value, and nil, mean the defaults.
type Options struct {
	// Prefix begins every key in the cache. Storages of one prefix see each
	// other's clients. It defaults to "rollcall:".
	Prefix string

	// Name is what people call this node; [Storage.Nodes] tells it. Two nodes of
	// one name are still two. It is at most 255 bytes and defaults to the name
	// of the host.
	Name string

	// Lease is how long the other nodes believe in this one after they last
	// heard of it: the time that the clients of a killed node stay visible. It
	// is renewed three times as often. It defaults to six seconds, and is at
	// least three seconds and at most an hour.
	Lease time.Duration

	// Timeout bounds how long Attach, Update and Detach wait for the cache, and
	// how long one write may take, which is never longer than the lease. It
	// defaults to one second.
	Timeout time.Duration

	// FailClosed makes Attach fail if the cache does not take the client.
	// Without it, the client is attached to this node, and published when the
	// cache is back.
	FailClosed bool

	// NoWait makes Attach, Update and Detach return at once, unless PerUser has
	// to be asked for. The cache follows some milliseconds later, but All may
	// lack a new client for a third of a lease.
	NoWait bool

	// PerUser limits the clients that one user may have. The zero value does
	// not.
	PerUser Limit

	// Logger is told when the cache fails and when it is back, and of panics in
	// hooks. It defaults to slog.Default().
	Logger *slog.Logger
}

// ErrFull says that a client cannot be attached because the storage already
// holds as many as it can number.
var ErrFull = errors.New("clientstorage: full")

// ErrInvalid says that a client lacks a user name, or exceeds a limit that is
// given at the fields of [Client].
var ErrInvalid = errors.New("clientstorage: invalid client")

// New returns a storage. With a nil driver it is one node's, in memory, and
// nothing of it can fail.
//
// With a driver, the storage becomes a node when it attaches its first client.
// From then on it writes its clients there, and a goroutine keeps its lease;
// Close stops it. A storage that attaches nothing writes nothing, and asks the
// same questions; unless it watches the nodes, see Hook, it needs no Close.
//
// New does not wait for the driver: if the cache is down, the storage serves
// this node's clients and publishes them when the cache is back.
func New(driver Driver, opts *Options) (*Storage, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	s := &Storage{table: newTable(newNodeID()), hooks: &hooks{logger: o.Logger}, opts: o}
	if driver != nil {
		s.shared = share(s.table, driver, o)
	}
	return s, nil
}

func (o *Options) complete() error {
	o.Prefix = cmp.Or(o.Prefix, "rollcall:")
	o.Lease = cmp.Or(o.Lease, 6*time.Second)
	o.Timeout = cmp.Or(o.Timeout, time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	if o.Name == "" {
		o.Name, _ = os.Hostname() // without one, the node's id must do
	}
	switch {
	case o.Lease < 3*time.Second:
		return fmt.Errorf("clientstorage: a lease of %v is too short: caches keep whole seconds, so give at least 3s", o.Lease)
	case o.Lease > time.Hour:
		return fmt.Errorf("clientstorage: a lease of %v is too long: clients of a killed node would stay visible; give at most 1h", o.Lease)
	case o.Timeout < 0:
		return fmt.Errorf("clientstorage: the timeout %v is negative", o.Timeout)
	case len(o.Name) > maxNameLen:
		return fmt.Errorf("clientstorage: a name of %d bytes is too long: give at most %d", len(o.Name), maxNameLen)
	case o.PerUser.Max < 0:
		return fmt.Errorf("clientstorage: a limit of %d clients per user is negative: 0 is none", o.PerUser.Max)
	case o.FailClosed && o.NoWait:
		return errors.New("clientstorage: FailClosed must wait for the cache: choose it or NoWait")
	}
	return nil
}

// Node returns the id of this storage, which the ids of its clients begin with.
func (s *Storage) Node() NodeID { return s.table.node }

// Shared reports whether the storage has a driver, so that Attach and Detach may wait
// for a cache.
func (s *Storage) Shared() bool { return s.shared != nil }

// Attach remembers a client and returns it with its ID and, unless it was set,
// the time. The caller must Detach it when its socket is gone. Attach keeps
// client.Roles and client.Attributes; they must not be changed any more.
//
// Attach returns when the other nodes can find the client. (While clients come
// by the hundred at once, they find it by its ID, and in All; by its user, some
// milliseconds later.) If the cache does not take it in time, Attach succeeds
// all the same, because the truth is here: the client is published when the
// cache is back. [Options.FailClosed] and [Options.NoWait] change that. What a
// cache loses is noticed and written again with the next heartbeat, a third of a
// lease later.
//
// Besides ErrInvalid and ErrFull, the errors are ErrLimit, that of ctx if a
// limit had to be asked for, and with FailClosed that of the cache, or that the
// storage is closed. A ctx that ends only ends the waiting. With a limit, clients
// that made room stay detached even if Attach then fails, and Attach may wait for
// two timeouts.
func (s *Storage) Attach(ctx context.Context, client Client) (*Client, error) {
	if !client.valid() {
		return nil, ErrInvalid
	}
	c := &client
	c.age = 0
	if c.Since.IsZero() {
		c.Since = time.Now()
	}
	others := 0
	if s.shared != nil && s.opts.PerUser.Max > 0 {
		others = s.shared.countUser(ctx, c.User)
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("clientstorage: attach: %w", err)
		}
	}
	// Whoever is told only of clients that leave, as a server of sockets is, need
	// not hear of them in an order; but of none that Attach then refuses.
	announce := s.hooks.hasAttached() || s.opts.FailClosed
	in, err := s.table.insert(c, s.opts.PerUser, others, announce)
	for _, out := range in.displaced {
		s.left(out)
	}
	for _, out := range in.displaced {
		s.tellDetached(out, ErrDisplaced)
	}
	if err != nil {
		return nil, err
	}
	if s.shared != nil {
		err = s.shared.publish(ctx, in.change)
	}
	if err != nil && s.opts.FailClosed {
		if out, ok := s.table.remove(c.ID, err); ok {
			s.left(out)
		}
		if announce {
			s.table.announced(c.ID)
		}
		return nil, fmt.Errorf("clientstorage: attach: %w", err)
	}
	if announce {
		s.hooks.attached(c)
		if d := s.table.announced(c.ID); d.left {
			s.hooks.detached(c, d.reason)
		}
	}
	return c, nil
}

// Detach forgets a client of this node. The reason is for the hooks and may be
// nil. Detach returns ErrNotFound if the client is not attached here, so of
// several calls for one client exactly one succeeds. No other error is possible:
// what Attach says of a cache that fails holds for Detach too, but with
// FailClosed as well the client is detached.
func (s *Storage) Detach(ctx context.Context, id ID, reason error) error {
	out, ok := s.table.remove(id, reason)
	if !ok {
		return ErrNotFound
	}
	pending := s.left(out)
	s.tellDetached(out, reason) // whatever the cache does
	if s.shared != nil {
		_ = s.shared.await(ctx, out, pending) // the heartbeat goes on with it
	}
	return nil
}

// left notes that a client has left the table, and returns what to wait for.
func (s *Storage) left(out change) (wait [3]pending) {
	if s.shared != nil {
		wait, _ = s.shared.touchChange(out)
	}
	return wait
}

func (s *Storage) tellDetached(out change, reason error) {
	if !out.announcing {
		s.hooks.detached(out.client, reason)
	}
}

// Update lets edit change the roles and the attributes of a client of this node,
// and returns the client that replaces it. edit gets a copy, whose attributes are
// never nil, and must not use the storage: Attach, Detach and most questions wait
// for it. Whoever holds the client as it was sees no change. Update waits for the
// cache as Attach does.
//
// It returns ErrNotFound if the client is not attached here, and ErrInvalid,
// having changed nothing, if edit exceeds a limit or touches anything else.
func (s *Storage) Update(ctx context.Context, id ID, edit func(c *Client)) (*Client, error) {
	updated, err := s.table.update(id, func(old *Client) (*Client, error) {
		c := old.copy()
		edit(c)
		if !c.valid() || c.ID != id || c.User != old.User || c.Anonymous != old.Anonymous || !c.Since.Equal(old.Since) {
			return nil, ErrInvalid
		}
		return c, nil
	})
	if err != nil || s.shared == nil {
		return updated, err
	}
	if err := s.shared.publish(ctx, change{client: updated, users: -1}); err != nil && s.opts.FailClosed {
		return updated, fmt.Errorf("clientstorage: update: %w", err)
	}
	return updated, nil
}

// Lookup returns the client id, whichever node it is attached to, or
// ErrNotFound. For a client of this node it takes no lock, allocates nothing
// and cannot fail otherwise. For one of another node it takes one round trip.
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
// attached later, stay known to this storage only; with FailClosed there are none
// of the latter. Hooks must not call it. If the cache fails, or ctx
// ends, Close returns that error; what it left then expires by itself, or goes
// with another Close.
func (s *Storage) Close(ctx context.Context) error {
	if s.shared == nil {
		return nil
	}
	return s.shared.close(ctx)
}
