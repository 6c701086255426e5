package wsconn_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"sync/atomic"
	"testing"

	"github.com/rollcall-go/rollcall/wsconn"
)

// The ClientHello lies in a layer below TLS, where no event is raised for it.
func TestTLSOverAPeeker(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{HandshakeTimeout: never}}
	peeks := changer{listen(t), func(nc net.Conn) net.Conn {
		if kept, ok := nc.(keptConn); ok {
			nc = kept.TCPConn
		}
		r := bufio.NewReader(nc)
		r.Peek(1)
		return peekedConn{nc.(*net.TCPConn), r}
	}}
	l := tls.NewListener(peeks, &tls.Config{Certificates: []tls.Certificate{cert}})
	addr := startOn(t, server, l)
	raw := dial(t, addr).nc // with a deadline
	c := newClient(t, tls.Client(raw, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}))
	c.enter(upgrade(addr))
	c.leave()
}

// ownConn has the methods of *net.TCPConn, and a Write of its own, which encrypts, maybe.
type ownConn struct {
	*net.TCPConn
	written *atomic.Int64
}

func (c ownConn) Write(b []byte) (int, error) {
	c.written.Add(int64(len(b)))
	return c.TCPConn.Write(b)
}

// All that is written goes through the connection's own Write. (net.Buffers would call a
// method of the type inside.)
func TestOwnWriteIsCalled(t *testing.T) {
	eachWayOn(t, func(t *testing.T, start func(*testing.T, *wsconn.Server, net.Listener) string) {
		var written atomic.Int64
		addr := start(t, &wsconn.Server{Handler: newRecorder(t, echo)}, changer{listen(t), func(nc net.Conn) net.Conn {
			if kept, ok := nc.(keptConn); ok {
				nc = kept.TCPConn
			}
			return ownConn{nc.(*net.TCPConn), &written}
		}})
		c := connect(t, addr)
		before := written.Load() // in which net/http's answer may be
		c.expectEcho("hello")
		if n := written.Load() - before; n != int64(len("hello")+2) {
			t.Errorf("%d bytes went through Write, want 7", n)
		}
		c.leave()
	})
}
