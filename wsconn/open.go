package wsconn

import (
	"context"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
)

// This file begins connections: from the 101 to the first message.

// open attaches the client that was let in, tells the handler, and serves what came
// behind the handshake. The caller has the turn; it is gone if open reports false.
func (c *Conn) open(g guest, tail []byte) (mine bool) {
	s := c.loop.server
	c.protocol, c.deflate = g.protocol, g.deflate
	client, err := s.attach(g.identity)
	if err != nil {
		c.finish(s.refusal(err))
		return false
	}
	c.becomes(client, s.shared(g.identity))
	s.index.put(client.ID, c)
	c.enter()
	if s.base.Err() != nil {
		// Shutdown may have looked before it could see this one.
		s.leave(c)
		c.last(errGoingAway)
		s.detach(client.ID, errGoingAway)
		return false
	}
	if _, err := s.Storage.Lookup(s.base, client.ID); err != nil {
		s.detached(client, nil) // before it was in the index
	}
	if s.rechecks.Load() != g.before {
		s.running.Go(func() { _ = s.recheck(s.base, []*Conn{c}, 0) })
	}
	c.guard(func() { s.Handler.OnOpen(c) })
	return c.serve(tail)
}

var errGoingAway = CloseError{ws.StatusGoingAway, "the server is shutting down"}

// enter begins the phase in which messages come and go.
func (c *Conn) enter() {
	s := c.loop.server
	s.pending.Add(-1)
	at := now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase = phaseOpen
	c.spoke.Store(at)
	c.heard.Store(at)
	if next, some := c.next(at); some {
		c.loop.wake(c, next)
	}
}

// serve serves bytes, which begin with what pending returned, in a goroutine that may
// wait. The caller has the turn; it is gone if serve reports false.
func (c *Conn) serve(b []byte) (mine bool) {
	if c.phase == phaseRequest {
		head, tail, err := c.collect(b)
		if head == nil && err == nil {
			return true
		}
		c.asked()
		head, tail = cloneBoth(head, tail)
		return c.answer(head, tail, err)
	}
	if err := c.deliver(b); err != nil {
		c.finish(err)
		return false
	}
	return true
}

// asked notes that the handshake is complete. The caller has the turn.
func (c *Conn) asked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase = phaseAsked
}

// cloneBoth copies two slices into one piece of memory.
func cloneBoth(a, b []byte) (_, _ []byte) {
	both := append(append(make([]byte, 0, len(a)+len(b)), a...), b...)
	return both[:len(a):len(a)], both[len(a):]
}

func (s *Server) attach(id *firewall.Identity) (*clientstorage.Client, error) {
	return s.Storage.Attach(s.base, clientstorage.Client{
		User: id.User, Roles: storedRoles(id), Anonymous: id.Anonymous, Attributes: id.Attributes,
	})
}

// storedRoles returns those of the roles for which the storage has room: 64. The
// user's own come first, and only a hierarchy can add so many.
func storedRoles(id *firewall.Identity) []string { return id.Roles[:min(len(id.Roles), 64)] }

// leave makes sure that the client of a connection does not change any more, and
// cannot be found by its id. It waits for a change that is under way.
func (s *Server) leave(c *Conn) {
	s.changes.leave(c)
	if client := c.client.Load(); client != nil {
		s.index.remove(client.ID, c)
	}
}

// becomes says who is behind the connection.
func (c *Conn) becomes(client *clientstorage.Client, id *firewall.Identity) {
	c.client.Store(client)
	c.identity.Store(id)
}

// shared returns one identity for all who are anonymous for the same reason. They
// differ by their names only, which the storage has; so their identities take no memory.
func (s *Server) shared(id *firewall.Identity) *firewall.Identity {
	if id.Followed() || !id.Anonymous || id.Roles != nil || id.Attributes != nil || id.Remembered ||
		id.Context != "" || id.Impersonator != "" || len(id.Reason) > 64 {
		return id
	}
	nameless, _ := s.anonymous.LoadOrStore(id.Reason, &firewall.Identity{Anonymous: true, Reason: id.Reason})
	return nameless.(*firewall.Identity)
}

// whole returns an identity of the connection, with its name if it is shared. Nobody
// who was anonymous becomes a user, so the client is not that of a user by now.
func (c *Conn) whole(id *firewall.Identity) *firewall.Identity {
	if id.User != "" {
		return id
	}
	named := *id
	named.User = c.client.Load().User
	return &named
}

// detach detaches a client. The cache has a timeout of its own, so this must not be cut
// short when the server shuts down.
func (s *Server) detach(id clientstorage.ID, reason error) {
	_ = s.Storage.Detach(context.WithoutCancel(s.base), id, reason)
}
