package wsconn

import (
	"context"
	"errors"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
)

// A Conn is one client's connection. Its methods may be called concurrently,
// from handlers and from elsewhere, before and after it is closed; none of them
// waits for the client.
type Conn struct {
	server *Server
	nc     net.Conn
	who    atomic.Pointer[who]

	busy   atomic.Bool  // with a handler, rather than listening to the client
	since  atomic.Int64 // when it began to listen, as sinceStart
	pinged atomic.Int64 // when the client was pinged since then, or 0

	out struct {
		sync.Mutex
		frames  net.Buffers
		bytes   int           // in frames
		writing bool          // a goroutine is at it
		closed  bool          // nothing more may be queued
		flushed chan struct{} // closed when closed, and all is written or lost
	}
	ending struct {
		sync.Mutex
		err error // why the server ends the connection; the first reason counts
	}
	changing struct {
		sync.Mutex
		left   bool               // the client is being detached for good
		before *firewall.Identity // who it was before what the handler is yet to be told
	}
	calls struct {
		sync.Mutex      // of the handler
		open       bool // between OnOpen and OnClose
	}
}

// who is the one behind a connection, as the website and as the storage know
// them.
type who struct {
	identity *firewall.Identity
	client   *clientstorage.Client
}

// ID returns the client's id in the storage.
func (c *Conn) ID() clientstorage.ID { return c.who.Load().client.ID }

// Client returns the client as it was attached, with the first 64 of its roles. If
// its session changes, another one replaces it: see [IdentityHandler].
func (c *Conn) Client() *clientstorage.Client { return c.who.Load().client }

// Identity returns who the firewall says it is.
func (c *Conn) Identity() *firewall.Identity { return c.who.Load().identity }

// RemoteAddr returns the address of the peer, which may be that of a proxy.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// serve is the life of a connection, from the 101 to the last byte. Here a client
// is attached and detached; become changes who it is in between.
func (s *Server) serve(sock *socket, g guest, tail []byte) {
	defer s.release(sock)
	id := g.identity
	c := &Conn{server: s, nc: sock.Conn}
	c.out.flushed = make(chan struct{})
	c.busy.Store(true)
	client, err := s.attach(id)
	if err != nil {
		c.end(s.refusal(err))
		return
	}
	c.who.Store(&who{id, client})
	err = CloseError{ws.StatusGoingAway, "the server is shutting down"}
	open := s.add(c, sock)
	if open {
		if _, err := s.Storage.Lookup(s.base, client.ID); err != nil {
			s.detached(client, nil) // before it was added
		}
		if s.rechecks.Load() != g.before {
			s.running.Go(func() { _ = s.recheck(s.base, []*Conn{c}, 0) })
		}
		c.call(func() { c.calls.open = true; s.Handler.OnOpen(c) })
		err = c.reason(c.read(tail))
	}
	s.leave(c)
	c.last(err)
	// The cache has a timeout of its own, so this must not be cut short when the
	// server shuts down.
	// If the storage has detached it, that is why it is closed.
	_ = s.Storage.Detach(context.WithoutCancel(s.base), c.ID(), err)
	if open {
		c.call(func() { c.calls.open = false; s.Handler.OnClose(c, err) })
	}
	c.end(err)
}

func (s *Server) attach(id *firewall.Identity) (*clientstorage.Client, error) {
	return s.Storage.Attach(s.base, clientstorage.Client{
		User: id.User, Roles: storedRoles(id), Anonymous: id.Anonymous, Attributes: id.Attributes,
	})
}

// storedRoles returns those of the roles for which the storage has room: 64. The
// user's own come first, and only a hierarchy can add so many.
func storedRoles(id *firewall.Identity) []string { return id.Roles[:min(len(id.Roles), 64)] }

// leave makes sure that the client of a connection does not change any more.
func (s *Server) leave(c *Conn) {
	c.changing.Lock()
	defer c.changing.Unlock()
	c.changing.left = true
	s.remove(c)
}

var processStart = time.Now()

// sinceStart is a time that does not jump when the computer's clock is set.
func sinceStart(t time.Time) int64 { return int64(t.Sub(processStart)) }

// listen notes that the client can be heard from now on.
func (c *Conn) listen() {
	c.since.Store(sinceStart(time.Now()))
	c.pinged.Store(0)
	c.busy.Store(false)
}

// call calls a handler, after the one before it has returned, and keeps its
// panics away from the other connections.
func (c *Conn) call(handler func()) {
	c.calls.Lock()
	defer c.calls.Unlock()
	defer func() {
		if v := recover(); v != nil {
			c.server.Logger.Error("wsconn: a handler panicked", "panic", v, "stack", string(debug.Stack()))
			c.fail(CloseError{ws.StatusInternalServerError, "internal error"})
		}
	}()
	handler()
}

// reason returns why the connection ends, given the error of reading: if the
// server ends it, that is why.
func (c *Conn) reason(err error) error {
	c.ending.Lock()
	defer c.ending.Unlock()
	if c.ending.err != nil {
		return c.ending.err
	}
	if errors.Is(err, net.ErrClosed) {
		return ErrClosed
	}
	return err
}
