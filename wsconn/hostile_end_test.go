package wsconn_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// This file ends connections at the worst moment, in the worst way.

// A moment is how far a client comes before it ends.
type moment struct {
	name string
	live func(c *client, addr string, conn func() *wsconn.Conn)
}

var moments = []moment{
	{"silent", func(*client, string, func() *wsconn.Conn) {}},
	{"in the request", func(c *client, _ string, _ func() *wsconn.Conn) { c.send([]byte("GET /chat HT")) }},
	{"behind a bad request", func(c *client, _ string, _ func() *wsconn.Conn) { c.send([]byte("what?\r\n\r\n")) }},
	{"behind the request", func(c *client, addr string, _ func() *wsconn.Conn) { c.send([]byte(upgrade(addr).String())) }},
	{"with messages at once", func(c *client, addr string, _ func() *wsconn.Conn) {
		c.send([]byte(upgrade(addr).String()), bytes.Repeat(masked(finText, payload(1000)), 50))
	}},
	{"behind the handshake", func(c *client, addr string, _ func() *wsconn.Conn) { c.enter(upgrade(addr)) }},
	{"in a header", in(masked(finText, payload(200))[:3])},
	{"in a payload", in(masked(finText, payload(200))[:100])},
	{"in a ping", in(masked(finPing, payload(100))[:50])},
	{"between fragments", in(masked(ws.OpText, payload(200)))},
	{"behind a message", in(masked(finText, payload(200)))},
	{"behind many messages", in(bytes.Repeat(masked(finText, payload(1000)), 200))},
	{"behind pings", in(bytes.Repeat(masked(finPing, payload(100)), 1000))},
	{"behind a close", in(closing(1000, ""))},
	{"behind a violation", in(unmasked(finText, []byte("x")))},
	{"when it is closed", func(c *client, addr string, conn func() *wsconn.Conn) {
		c.enter(upgrade(addr))
		conn().Close(4001, "go")
	}},
	{"when it has read that it is closed", func(c *client, addr string, conn func() *wsconn.Conn) {
		c.enter(upgrade(addr))
		conn().Close(4001, "go")
		c.expectClose(4001)
	}},
	{"while much waits for it", func(c *client, addr string, conn func() *wsconn.Conn) {
		c.lazy().enter(upgrade(addr))
		conn().Write(ws.OpBinary, make([]byte, 4<<20))
		c.send(masked(finText, []byte("more")))
	}},
	{"while much waits for it, and it is closed", func(c *client, addr string, conn func() *wsconn.Conn) {
		c.lazy().enter(upgrade(addr))
		open := conn()
		open.Write(ws.OpBinary, make([]byte, 4<<20))
		open.Close(4001, "go")
	}},
}

// in is a moment behind the handshake and some bytes.
func in(b []byte) func(*client, string, func() *wsconn.Conn) {
	return func(c *client, addr string, _ func() *wsconn.Conn) {
		c.enter(upgrade(addr))
		c.send(b)
	}
}

// Whenever and however a client ends, nothing is left of it, and the next one gets
// what is meant for it and nothing else.
func TestEndAtAnyMoment(t *testing.T) {
	ends := map[string]func(*client){
		"reset":       (*client).reset,
		"closed":      func(c *client) { c.nc.Close() },
		"half closed": func(c *client) { c.nc.(*net.TCPConn).CloseWrite(); io.Copy(io.Discard, c.r) },
		"half closed, then reset": func(c *client) {
			c.nc.(*net.TCPConn).CloseWrite()
			c.reset()
		},
	}
	rounds := 3
	if heavy() {
		rounds = 10
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		for _, m := range moments {
			for name, end := range ends {
				t.Run(m.name+"/"+name, func(t *testing.T) {
					t.Parallel()
					handler := newRecorder(t, echo)
					server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{
						CloseTimeout: 100 * time.Millisecond, MaxQueueBytes: 16 << 20, PingInterval: -1,
					}}
					addr := start(t, server)
					last := func() *wsconn.Conn { return receive(t, "OnOpen", handler.opened) }
					for range rounds {
						c := dial(t, addr)
						m.live(c, addr, last)
						end(c)
						next := dial(t, addr)
						next.enter(upgrade(addr))
						next.expectEcho("hello")
						next.leave()
						for len(handler.opened) > 0 {
							<-handler.opened
						}
					}
					expectEmptyBooks(t, server)
					eventually(t, "each OnOpen has its OnClose", func() bool {
						return handler.opens.Load() == handler.closes.Load()
					})
				})
			}
		}
	})
}

// A client that ends its side behind its request, or behind its close frame, can
// still read the answer.
func TestHalfClosedIsAnswered(t *testing.T) {
	t.Parallel()
	addr := startServe(t, &wsconn.Server{Handler: newRecorder(t, echo)})
	c := dial(t, addr)
	c.send([]byte("GET / HTTP/1.1\r\n\r\n"))
	c.nc.(*net.TCPConn).CloseWrite()
	response := c.response()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("the answer is %s, want 400", response.Status)
	}
	io.Copy(io.Discard, response.Body)
	c.expectEnd()

	c = connect(t, addr)
	c.send(masked(finText, []byte("hello")), closing(4001, "bye"))
	c.nc.(*net.TCPConn).CloseWrite()
	c.expect(ws.OpText, []byte("hello"))
	c.expectClose(4001)
	c.expectEnd()
}

// The answers to a client that is gone reach nobody else. They are lost in the middle
// of a batch, because the server writes to a socket that was reset.
func TestAnswersOfTheDead(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		server := &wsconn.Server{Handler: newRecorder(t, echo)}
		addr := start(t, server)
		for range 100 {
			bystander := connect(t, addr)
			c := connect(t, addr)
			c.nc.Write(bytes.Repeat(masked(finText, []byte("secret")), 50))
			c.reset()
			bystander.send(masked(finPing, []byte("?")))
			bystander.expect(ws.OpPong, []byte("?"))
			next := connect(t, addr)
			next.expectEcho("hello")
			next.leave()
			bystander.leave()
		}
	})
}
