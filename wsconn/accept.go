package wsconn

import (
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"
)

// This file takes connections in.
//
// Invariant: a connection is counted, and known to Shutdown, from here to
// closeSocket.

// acceptLoop accepts with accept, which takes a connection in or fails, until the
// listener or the server ends.
func (s *Server) acceptLoop(accept func() error) error {
	var delay time.Duration
	for {
		err := accept()
		switch {
		case err == nil:
			delay = 0
		case s.base.Err() != nil:
			return ErrServerClosed
		case !isTemporary(err):
			return err
		default:
			// Too many open files, most likely: those that are connected must go
			// on, and the others wait in the kernel's queue meanwhile.
			delay = nextDelay(delay)
			s.Logger.Warn("wsconn: accept failed, trying again", "err", err, "after", delay)
			time.Sleep(delay)
		}
	}
}

// nextDelay returns how long to wait after accepting has failed, given how long that
// was the last time.
func nextDelay(delay time.Duration) time.Duration {
	return min(max(2*delay, 5*time.Millisecond), time.Second)
}

func isTemporary(err error) bool {
	if ne, ok := errors.AsType[net.Error](err); ok {
		temporary := ne.Temporary() //lint:ignore SA1019 for Accept there is no other way to know, and net/http does the same
		if temporary {
			return true
		}
	}
	// The kernel had no memory for it, or the client was gone before it was accepted:
	// accept(2).
	for _, passing := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.ECONNABORTED} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

// acceptConn takes a connection of a listener of any kind in.
func (s *Server) acceptConn(l net.Listener) error {
	nc, err := l.Accept()
	if err == nil {
		s.welcome(s.adopt(nc))
	}
	return err
}

// adopt makes a Conn of nc, which is the Conn's from now on.
func (s *Server) adopt(nc net.Conn) *Conn {
	c := &Conn{loop: s.pick(), fd: -1, busy: true}
	if !c.takeDescriptor(nc) {
		c.extras().link = newLink(nc, c.loop.poller != nil)
	}
	return c
}

// welcome registers a connection and has its handshake collected, or turns it away.
// The caller has the turn, and gives it up.
func (s *Server) welcome(c *Conn) {
	if !s.register(c) {
		return
	}
	pending, most := s.pending.Load(), int64(s.limits.MaxPending)
	switch {
	case pending > 2*most: // even of those who are told to go away
		c.finish(errRefused)
	case pending > most:
		c.refuse(emptyResponse(http.StatusServiceUnavailable))
	case !s.addresses.enter(c):
		c.refuse(emptyResponse(http.StatusTooManyRequests))
	case c.link() != nil && c.link().layered:
		// There may be bytes in its layers, which raise no event.
		s.crew.do(func() {
			if c.link().secure() {
				c.readLink()
			} else {
				c.readLayers(longAgo)
			}
		})
	default:
		c.release()
	}
}

// register makes a connection known. After Shutdown it closes the connection instead
// and reports false.
func (s *Server) register(c *Conn) bool {
	at := now()
	c.heard.Store(at)
	c.spoke.Store(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		if c.link() != nil {
			c.link().close()
		} else {
			closeDescriptor(c.fd)
		}
		return false
	}
	s.running.Add(1)
	s.pending.Add(1)
	c.loop.add(c, after(at, s.limits.HandshakeTimeout))
	if c.link() != nil && c.link().turns != nil {
		s.running.Go(c.readLoop)
	}
	return true
}
