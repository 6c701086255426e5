package wsconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// A link is a net.Conn, of a connection for which a bare descriptor is not enough:
// of TLS, of a type of somebody else, or where there is no poller.
//
// Invariant: its Read and Write may wait, so they are never called by a loop or under
// c.mu. What it reads for, the loop tells where there is a descriptor to watch; else a
// goroutine waits, with a buffer of a few bytes only. One goroutine writes, while there
// is something to write.
type link struct {
	net.Conn
	raw     syscall.RawConn // to watch; nil if a goroutine reads
	turns   chan struct{}   // the goroutine that reads is handed the turn; nil if the loop watches
	writing bool            // a goroutine is at it; guarded by c.mu
	layered bool            // there may be bytes in it that its descriptor does not tell of
	watched bool            // the poller knows it; guarded by c.mu
	over    atomic.Bool     // nobody writes any more
	secured atomic.Bool     // the TLS handshake is done
}

// newLink returns the link for nc. The loop can watch it if it has a descriptor, even
// if it is TLS on top of one.
func newLink(nc net.Conn, watch bool) *link {
	l := &link{Conn: nc}
	nc.SetDeadline(time.Time{}) // whoever had it may have left one
	under := nc
	for range 8 { // layers, of which one could return itself
		inner, ok := under.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		under = inner.NetConn()
	}
	if sc, ok := under.(syscall.Conn); ok && watch {
		if raw, err := sc.SyscallConn(); err == nil {
			l.raw = raw
			l.layered = !isSocket(under)
		}
	}
	if l.raw == nil {
		l.turns = make(chan struct{}, 1)
	}
	return l
}

// secure reports whether the link is TLS.
func (l *link) secure() bool {
	_, ok := l.Conn.(interface{ ConnectionState() tls.ConnectionState })
	return ok
}

// handshake does that of TLS, which cannot be done in pieces: a client that is slow
// with it holds a goroutine for the time of a handshake.
func (l *link) handshake(timeout time.Duration) error {
	shaker, ok := l.Conn.(interface{ HandshakeContext(context.Context) error })
	if l.secured.Load() || !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err := shaker.HandshakeContext(ctx)
	l.secured.Store(err == nil)
	return err
}

// cut ends a connection whose reading fails.
func (c *Conn) cut(err error) {
	if errors.Is(err, io.EOF) {
		c.ended()
	}
	c.finish(fmt.Errorf("wsconn: read: %w", err))
}

// interrupt ends the waiting of those who read or write.
func (l *link) interrupt() {
	l.over.Store(true)
	l.SetDeadline(longAgo)
}

type halfCloser interface{ CloseWrite() error }

func (l *link) canHalfClose() bool {
	_, ok := l.Conn.(halfCloser)
	return ok
}

// halfClose ends the server's side of the stream, if the connection can. If it cannot,
// the client is only waited for while there may be something of it to read.
func (l *link) halfClose(c *Conn) bool {
	if !l.canHalfClose() {
		return !c.parted
	}
	half := l.Conn.(halfCloser)
	if !l.secure() {
		return half.CloseWrite() == nil
	}
	// To say that in TLS may wait for the client.
	c.loop.server.running.Go(func() {
		l.SetWriteDeadline(time.Now().Add(lingerTime))
		half.CloseWrite()
	})
	return true
}

// close closes the socket. TLS would say good-bye once more, for which it may wait.
func (l *link) close() {
	if t, ok := l.Conn.(*tls.Conn); ok {
		t.NetConn().Close()
	} else {
		l.Conn.Close()
	}
}

// isSocket reports whether a connection is of package net, and so nothing but a socket.
func isSocket(nc net.Conn) bool {
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
		return true
	default:
		return false
	}
}
