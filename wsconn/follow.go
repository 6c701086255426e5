package wsconn

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
)

// This file keeps connections true to the sessions they came from.

// followLoop asks the firewall, again and again, whether those who are connected
// are still who they were.
func (s *Server) followLoop() {
	interval := s.limits.RecheckInterval
	if interval < 0 {
		interval = defaultRecheck
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-s.base.Done():
			return
		case <-ticker.C:
		}
		if s.limits.RecheckInterval < 0 {
			_ = s.recheckThose(s.base, isOver)
			continue
		}
		if err := s.recheck(s.base, s.followed(nil), interval/2); err != nil {
			s.Logger.Warn("wsconn: cannot read sessions again, their clients are kept for now", "err", err)
		}
	}
}

// isOver reports whether an identity has expired, which needs no reading.
func isOver(id *firewall.Identity) bool {
	return !id.Expires.IsZero() && !time.Now().Before(id.Expires)
}

// watchLoop does so at once for sessions that are said to have changed.
func (s *Server) watchLoop() {
	s.Firewall.Watch(s.base, func(concerns func(*firewall.Identity) bool) {
		_ = s.recheckThose(s.base, concerns) // or else the next round finds it
	})
}

// RecheckUser reads the sessions again of a user, and of those whom the user
// impersonates, now rather than with the next round, and deals with this server's
// connections accordingly. A website that signs a user out, or changes what the
// user may do, can have it called. An error says that some of them could not be
// read; it is ErrServerClosed after Shutdown. A hook of the storage must not wait for it.
func (s *Server) RecheckUser(ctx context.Context, user string) error {
	return s.recheckThose(ctx, func(id *firewall.Identity) bool {
		return id.User == user || id.Impersonator == user && user != ""
	})
}

// RecheckSession reads one session again, like RecheckUser.
func (s *Server) RecheckSession(ctx context.Context, sessionID string) error {
	return s.recheckThose(ctx, func(id *firewall.Identity) bool { return id.OfSession(sessionID) })
}

func (s *Server) recheckThose(ctx context.Context, concerns func(*firewall.Identity) bool) error {
	s.init()
	if !s.enter() {
		return ErrServerClosed
	}
	defer s.running.Done()
	s.rechecks.Add(1) // before looking who is there: see guest
	return s.recheck(ctx, s.followed(concerns), 0)
}

// followed returns the connections whose identity can change; of those, the ones it
// concerns.
func (s *Server) followed(concerns func(*firewall.Identity) bool) []*Conn {
	all := s.all()
	conns := all[:0]
	for _, c := range all {
		id := c.identity.Load()
		if id != nil && id.Followed() && (concerns == nil || concerns(id)) {
			conns = append(conns, c)
		}
	}
	clear(all[len(conns):])
	return conns
}

// recheck asks the firewall about connections, over a time, and does what it
// says. The error is the last of those that keep a client because nothing is
// known.
func (s *Server) recheck(ctx context.Context, conns []*Conn, spread time.Duration) (err error) {
	ids := make([]*firewall.Identity, len(conns))
	for i, c := range conns {
		ids[i] = c.identity.Load()
	}
	var changes sync.WaitGroup
	turns := make(chan struct{}, 64) // a change waits for the cache
	for i, v := range s.Firewall.Recheck(ctx, ids, spread) {
		switch {
		case v.Identity == nil:
			conns[i].signOut(v.Err)
		case v.Err != nil:
			err = v.Err
		case v.Identity != ids[i]:
			turns <- struct{}{}
			changes.Go(func() {
				s.change(conns[i], ids[i], v.Identity)
				<-turns
			})
		}
	}
	changes.Wait()
	if err == nil {
		err = ctx.Err()
	}
	if s.base.Err() != nil {
		return nil // nobody wants to know any more
	}
	return err
}

func (c *Conn) signOut(why error) {
	reason := "signed out"
	if refusal, ok := errors.AsType[*firewall.Refusal](why); ok {
		reason = string(refusal.Reason)
	}
	c.loop.server.Logger.Info("wsconn: a client is signed out", "reason", reason, "client", c.ID(), "err", why)
	c.Close(StatusSignedOut, reason)
}

// change replaces who is behind a connection, and has the handler told when it has
// time. Nobody waits for that: it may be busy for as long as it likes, or may
// itself be the one who asked. What changes meanwhile, it is told in one go.
func (s *Server) change(c *Conn, was, now *firewall.Identity) {
	if !s.become(c, was, now) {
		return
	}
	if _, ok := s.Handler.(IdentityHandler); !ok || sameToAll(was, now) {
		return
	}
	if !s.changes.note(c, was) {
		return // it is about to be told, and will see this, too
	}
	c.mu.Lock()
	mine := c.want(wantTell)
	c.mu.Unlock()
	if mine {
		s.crew.do(c.release)
	}
}

// tell tells the handler of a change. The caller has the turn.
func (c *Conn) tell() {
	s := c.loop.server
	handler, ok := s.Handler.(IdentityHandler)
	was := s.changes.noted(c)
	if ok && was != nil {
		c.guard(func() { handler.OnIdentity(c, was) })
	}
}

// sameToAll reports whether two identities differ at most in when they expire.
func sameToAll(was, now *firewall.Identity) bool {
	return was.User == now.User && was.Anonymous == now.Anonymous && was.Remembered == now.Remembered &&
		slices.Equal(was.Roles, now.Roles) && maps.Equal(was.Attributes, now.Attributes)
}

// become makes the client of a connection another one, if it is still the one it
// was, and has not left.
func (s *Server) become(c *Conn, was, now *firewall.Identity) bool {
	if !s.changes.begin(c) {
		return false
	}
	defer s.changes.end(c)
	if c.identity.Load() != was {
		return false
	}
	old := c.client.Load()
	if sameToAll(was, now) {
		c.becomes(old, s.shared(now))
		return true
	}
	if now.User == was.User && now.Anonymous == was.Anonymous {
		client, err := s.Storage.Update(s.base, old.ID, func(client *clientstorage.Client) {
			client.Roles = storedRoles(now)
			for key := range was.Attributes {
				delete(client.Attributes, key)
			}
			for key, value := range now.Attributes {
				client.Attributes[key] = value
			}
		})
		if client == nil {
			c.fail(s.refusal(err))
			return false
		}
		c.becomes(client, s.shared(now))
		return true
	}
	return s.rename(c, old, now)
}

// rename attaches another client for a connection, and detaches the one there
// was: an id belongs to one user for ever. become calls it, so that nobody else
// detaches the client of this connection meanwhile.
func (s *Server) rename(c *Conn, old *clientstorage.Client, now *firewall.Identity) bool {
	client, err := s.attach(now)
	if err != nil {
		c.fail(s.refusal(err))
		return false
	}
	s.index.put(client.ID, c)
	c.becomes(client, s.shared(now))
	s.index.remove(old.ID, c)
	s.detach(old.ID, CloseError{StatusSignedOut, string(now.Reason)})
	if _, err := s.Storage.Lookup(s.base, client.ID); err != nil {
		s.detached(client, nil) // before it was in the index
	}
	return true
}
