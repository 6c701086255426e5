package wsconn

import (
	"context"
	"net"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// This file knows every listener, socket and connection of a server, so that
// Shutdown can end them all. A socket is known from the moment it is accepted,
// or taken from net/http, to the moment it is closed.

// A socket is a connection of the network.
type socket struct {
	net.Conn
	// connected says that the handshake is done, so that Shutdown has to close
	// the connection in the proper way. The server's mutex guards it.
	connected bool
}

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

// open notes a socket, which the caller must release. After Shutdown it closes
// the socket instead and returns nil.
func (s *Server) open(nc net.Conn) *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		nc.Close()
		return nil
	}
	sock := &socket{Conn: nc}
	s.sockets[sock] = struct{}{}
	s.running.Add(1)
	return sock
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

// release closes a socket, at the very end.
func (s *Server) release(sock *socket) {
	sock.Close()
	s.mu.Lock()
	delete(s.sockets, sock)
	s.mu.Unlock()
	s.running.Done()
}

// add makes a connection known to Broadcast and Shutdown. It reports false after
// Shutdown.
func (s *Server) add(c *Conn, sock *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return false
	}
	sock.connected = true
	s.conns[c.ID()] = c
	return true
}

func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c.ID())
}

// rekey makes a connection known by another id.
func (s *Server) rekey(c *Conn, old, id clientstorage.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, old)
	s.conns[id] = c
}

// all returns the connections of this moment.
func (s *Server) all() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*Conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

// Shutdown takes no more connections, closes those there are with 1001, and
// returns when all of them are detached and every goroutine of the server has
// ended. When ctx ends before that, it drops those that are left and returns
// the error of ctx; only a handler that does not return is not waited for. A
// server that was shut down cannot be used again.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	s.cancel()
	s.mu.Lock()
	s.down = true
	for l := range s.listeners {
		(*l).Close()
	}
	for sock := range s.sockets {
		if !sock.connected {
			sock.Close()
		}
	}
	s.mu.Unlock()
	for _, c := range s.all() {
		c.Close(ws.StatusGoingAway, "the server is shutting down")
	}
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.closeSockets()
	select {
	case <-done:
	case <-time.After(time.Second): // handlers may still be busy
	}
	return ctx.Err()
}

// closeSockets drops everybody.
func (s *Server) closeSockets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sock := range s.sockets {
		sock.Close()
	}
}
