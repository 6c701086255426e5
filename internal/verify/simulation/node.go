package simulation

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A node is a storage under test, its way to the cache, and what was done to it.
type node struct {
	w        *world
	name     string
	opts     clientstorage.Options
	wire     *wire
	storage  *clientstorage.Storage
	watched  *watched
	reader   bool
	attaches atomic.Bool // it has begun to write
	end      atomic.Int32
}

// How a node ended.
const (
	running = iota
	closed
	killed
)

func (n *node) ended() bool { return n.end.Load() != running }

// start adds a node to the world.
func (w *world) start(reader bool) *node {
	name := "n" + strconv.Itoa(len(w.nodes))
	n := &node{w: w, name: name, wire: newWire(w, name), reader: reader}
	r := w.draw("options of "+name, 0)
	n.opts = w.plan.options(r)
	n.opts.Name = name
	n.opts.Logger = slog.New(slog.NewTextHandler(w.journal, nil))
	storage, err := clientstorage.New(n.wire.driver(w.plan.many), &n.opts)
	if err != nil {
		w.fail("New: %v", err)
		return nil
	}
	n.storage = storage
	n.watched = watch(n, reader || r.IntN(3) == 0)
	w.nodes = append(w.nodes, n)
	w.journal.note("%s starts as %v, with %+v", name, storage.Node(), w.plan.shown(n.opts))
	return n
}

// attach attaches a client and waits for that, which may take the timeout.
func (n *node) attach(user string, anonymous bool, roles []string) *client {
	c, arg := n.w.truth.begin(n, user, anonymous, roles)
	got, err := n.storage.Attach(context.Background(), arg)
	n.w.journal.note("%s attached %d, %s: %s", n.name, c.serial, user, outcome{err})
	switch {
	case errors.Is(err, clientstorage.ErrLimit):
		n.w.truth.leave(c)
		return nil
	case err != nil && !n.opts.FailClosed:
		n.w.fail("%s: Attach: %v", n.name, err)
		return nil
	}
	n.attaches.Store(true)
	if err != nil {
		n.w.truth.leave(c)
		return nil
	}
	n.w.truth.attached(c, got.ID)
	return c
}

func (n *node) detach(c *client) {
	if !n.w.truth.leave(c) {
		return // somebody was faster
	}
	n.w.journal.note("%s detaches %d, %s", n.name, c.serial, c.user)
	if err := n.storage.Detach(context.Background(), c.id, nil); err != nil {
		n.w.fail("%s: Detach of client %d: %v", n.name, c.serial, err)
	}
}

func (n *node) update(c *client, roles []string) {
	n.w.journal.note("%s updates %d, %s", n.name, c.serial, c.user)
	_, err := n.storage.Update(context.Background(), c.id, func(changed *clientstorage.Client) {
		n.w.truth.update(c, roles, changed)
	})
	displaced := errors.Is(err, clientstorage.ErrNotFound) && n.w.truth.isGone(c)
	if err != nil && !displaced && !n.opts.FailClosed {
		n.w.fail("%s: Update of client %d: %v", n.name, c.serial, err)
	}
}

// close ends the node in good order, as far as the network allows.
func (n *node) close() {
	n.end.Store(closed)
	n.wire.resume()
	n.w.journal.note("%s is closed", n.name)
	n.w.spawn(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := n.storage.Close(ctx)
		n.w.journal.note("%s has closed: %s", n.name, outcome{err})
	})
}

// kill ends the node at once. Its goroutines have to end as well, which in a
// killed process is no question; but from now on nothing that they send
// arrives, unless it is on its way.
func (n *node) kill() {
	n.w.journal.note("%s is killed", n.name)
	n.end.Store(killed)
	n.wire.set(func(v *wire) { v.dead = true })
	n.wire.resume()
	n.w.spawn(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		n.storage.Close(ctx)
	})
}
