//go:build !linux

package wsconn

import (
	"errors"
	"net"
)

// This file is for systems without a poller: each connection is a link that a
// goroutine reads. What is here for bare descriptors is never called.

type poller struct{}

type rawListener struct{}

func (r *rawListener) close() {}

var errNoPoller = errors.New("wsconn: no poller on this system")

func newPoller() (*poller, error) { return nil, errNoPoller }

func (p *poller) close() {}

func (l *loop) start() {}

func (s *Server) accept(l net.Listener) error {
	return s.acceptLoop(func() error { return s.acceptConn(l) })
}

func (c *Conn) takeDescriptor(net.Conn) bool { return false }

func (c *Conn) arm() {}

func (c *Conn) writeSocket([]byte) (int, error) { return 0, ErrClosed }

func (c *Conn) halfClose() bool { return c.link().halfClose(c) }

func (c *Conn) interrupt() { c.link().interrupt() }

func closeDescriptor(int32) {}
