package wsconn_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// Requests may be longer than what the server reads at once, and come in pieces that
// end anywhere: a request of the limit is granted, with what comes right behind it, and
// one that is longer by a byte is answered with 431.
func TestLongHeaders(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for _, limit := range []int{15 << 10, 16 << 10, 17 << 10, 32 << 10, 64 << 10, 100 << 10} {
			t.Run(fmt.Sprint(limit), func(t *testing.T) {
				t.Parallel()
				server := &wsconn.Server{
					Handler: newRecorder(t, echo),
					Limits:  wsconn.Limits{MaxHeaderBytes: limit, HandshakeTimeout: never},
				}
				addr := start(t, server)
				for _, piece := range []int{1 << 20, 20_000, limit - 1} {
					for _, length := range []int{limit / 2, limit - 1, limit} {
						c := dial(t, addr)
						go c.sendIn(piece, padded(addr, length), masked(finText, []byte("early"))...)
						if response := c.response(); response.StatusCode != http.StatusSwitchingProtocols {
							t.Fatalf("%d bytes in pieces of %d: the answer is %s, want 101", length, piece, response.Status)
						}
						c.expect(ws.OpText, []byte("early"))
						c.leave()
					}
					for _, length := range []int{limit + 1, 2 * limit} {
						c := dial(t, addr)
						go c.sendIn(piece, padded(addr, length))
						if response := c.response(); response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
							t.Errorf("%d bytes in pieces of %d: the answer is %s, want 431", length, piece, response.Status)
						}
						c.nc.Close()
					}
				}
			})
		}
	})
}

// sendIn sends a request in pieces, until the server will have no more.
func (c *client) sendIn(piece int, r request, behind ...byte) {
	b := append([]byte(r.String()), behind...)
	for len(b) > 0 {
		n := min(piece, len(b))
		if _, err := c.nc.Write(b[:n]); err != nil {
			return
		}
		b = b[n:]
	}
}

// A connection without a descriptor is read by a goroutine. What a client sends after
// the most that is kept of a request must fit behind it, however much that is.
func TestMuchBehindHalfOfAHeader(t *testing.T) {
	t.Parallel()
	l := newPipes()
	server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{HandshakeTimeout: never}}
	startOn(t, server, l)
	const begin = "GET / HTTP/1.1\r\nX: "
	for _, kept := range []int{len(begin), 4000, 8000, 8<<10 - 1} {
		for _, more := range []int{8 << 10, 16 << 10, 60_000} {
			c := l.dial(t)
			c.send([]byte(begin), bytes.Repeat([]byte("x"), kept-len(begin))) // which is read when this returns
			go c.nc.Write(bytes.Repeat([]byte("y"), more))
			if response := c.response(); response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("%d bytes and then %d: the answer is %s, want 431", kept, more, response.Status)
			}
			c.nc.Close()
		}
	}
	c := l.dial(t)
	c.enter(padded("pipe", 8000), masked(finText, make([]byte, 60_000))...)
	c.expect(ws.OpText, make([]byte, 60_000))
	c.leave()
}

// Pipes are a listener whose connections have no descriptor, and on which a write
// returns when all of it is read.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case nc := <-p.conns:
		return nc, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) dial(t *testing.T) *client {
	t.Helper()
	ours, theirs := net.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case p.conns <- theirs:
	case <-ctx.Done():
		t.Fatal("the server accepts nobody")
	}
	return newClient(t, ours)
}
