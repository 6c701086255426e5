package wsconn

import (
	"context"
	"net"
	"time"
)

// This file ends a server.
//
// Invariant: every listener and every connection is known from the moment it is
// accepted, or taken from net/http, to the moment it is closed; and whatever runs is
// counted in running or in runners. So Shutdown can wait for all of it.

// addListener notes a listener that Shutdown must close. It reports false after
// Shutdown.
func (s *Server) addListener(l *net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		s.listeners[l] = struct{}{}
	}
	return !s.down
}

func (s *Server) removeListener(l *net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// enter makes Shutdown wait for the caller, until it calls s.running.Done. It
// reports false after Shutdown.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		s.running.Add(1)
	}
	return !s.down
}

// Shutdown takes no more connections, closes those there are with 1001, and
// returns when all of them are detached and every goroutine of the server has
// ended. They are closed at a pace of 10,000 a second, so that not all of them
// connect elsewhere at once; or faster, if ctx has a deadline, of which it takes half
// at most. When ctx ends before that, it drops those that are left and returns the
// error of ctx; only a handler that does not return is not waited for. A server that
// was shut down cannot be used again.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	s.cancel()
	s.mu.Lock()
	first := !s.down
	s.down = true
	for l := range s.listeners {
		(*l).Close()
	}
	raw := s.raw
	s.mu.Unlock()
	for _, l := range raw {
		l.close()
	}
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		if first {
			s.stopLoops()
		}
		s.runners.Wait()
		close(done)
	}()
	s.sendAway(ctx, done)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, c := range s.all() {
		c.drop(errGoingAway)
		c.cutShort()
	}
	select {
	case <-done:
	case <-time.After(time.Second): // handlers may still be busy
	}
	return ctx.Err()
}

// sendAway closes all connections at a pace. Those at their handshake have nothing to
// lose.
func (s *Server) sendAway(ctx context.Context, done <-chan struct{}) {
	const batch = 100
	conns := s.all()
	pause := 10 * time.Millisecond
	if deadline, ok := ctx.Deadline(); ok {
		pause = min(pause, time.Until(deadline)/2/time.Duration(len(conns)/batch+1))
	}
	for i, c := range conns {
		if i%batch == batch-1 && pause > 0 {
			select {
			case <-time.After(pause):
			case <-done:
				return
			case <-ctx.Done():
				return
			}
		}
		c.sendAway()
	}
}

// sendAway closes a connection in the proper way, if its handshake is done.
func (c *Conn) sendAway() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase {
	case phaseRequest, phaseAsked:
		c.fault(errGoingAway)
	case phaseOpen:
		c.end(errGoingAway)
	}
}

// cutShort closes a socket that is only waiting for the client.
func (c *Conn) cutShort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseLast {
		c.closeSocket()
	}
}
