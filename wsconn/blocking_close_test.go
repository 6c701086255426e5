package wsconn_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// To close does not wait for a handler that blocks, and the client is told at once.
// OnClose is called after it.
func TestCloseWhileBlocked(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, inside := range map[string]bool{"from inside": true, "from outside": false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, nil)
				server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
				addr := start(t, server)
				gate := newGatekeeper(t)
				handler.onMessage = func(c *wsconn.Conn, op ws.OpCode, _ []byte) {
					c.Write(op, []byte("before"))
					if inside {
						c.Close(4001, "bye")
					}
					gate.block(c)
					expectErrClosed(t, c, "in the handler, after Close")
				}
				c := connect(t, addr)
				c.send(masked(finText, []byte("block")), masked(finText, []byte("not delivered")))
				conn := receive(t, "blocked handler", gate.came)
				if !inside {
					conn.Close(4001, "bye")
				}
				c.expect(ws.OpText, []byte("before"))
				c.expectClose(4001)
				c.send(closing(4001, ""))
				if handler.closes.Load() != 0 {
					t.Error("OnClose is called while OnMessage runs")
				}
				gate.letAll()
				handler.expectClosed(wsconn.CloseError{Code: 4001, Reason: "bye"})
				c.expectEnd()
				if n := handler.messages.Load(); n != 1 {
					t.Errorf("%d messages were delivered, want 1", n)
				}
			})
		}
	})
}

// Clients that are gone while their handler blocks are closed after it, each once.
func TestGoneWhileBlocked(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, nil)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		gate := newGatekeeper(t)
		handler.onMessage = func(c *wsconn.Conn, _ ws.OpCode, _ []byte) { gate.block(c) }
		for range many {
			c := connect(t, addr)
			c.send(masked(finText, []byte("block")))
			receive(t, "blocked handler", gate.came)
			c.reset()
		}
		other := connect(t, addr)
		if n := handler.closes.Load(); n != 0 {
			t.Errorf("OnClose is called %d times while OnMessage runs", n)
		}
		gate.letAll()
		for range many {
			handler.expectLost()
		}
		eventually(t, "they are detached", func() bool { return attached(server) == 1 })
		other.leave()
	})
}

// OnOpen and OnClose may block, too.
func TestOpenAndCloseBlock(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		opening, closing := newGatekeeper(t), newGatekeeper(t)
		handler.onOpen = func(c *wsconn.Conn) {
			first := handler.opens.Load() == 1
			c.Write(ws.OpText, []byte("welcome"))
			if !first {
				opening.block(c)
			}
		}
		handler.onClose = func(c *wsconn.Conn, _ error) { closing.block(c) }
		addr := start(t, server)
		first := connect(t, addr)
		first.expect(ws.OpText, []byte("welcome"))

		var clients []*client
		for range many {
			c := dial(t, addr)
			c.enter(upgrade(addr), masked(finText, []byte("early"))...)
			c.expect(ws.OpText, []byte("welcome")) // while OnOpen blocks
			receive(t, "OnOpen that blocks", opening.came)
			clients = append(clients, c)
		}
		first.expectEcho("I am not kept waiting")
		if n := handler.messages.Load(); n != 1 {
			t.Errorf("%d messages are delivered before OnOpen has returned, want 1", n)
		}
		opening.letAll()
		for _, c := range clients {
			c.expect(ws.OpText, []byte("early"))
		}

		for i, c := range clients {
			if i%2 == 0 {
				c.leave() // which does not wait for OnClose
			} else {
				c.reset()
			}
			receive(t, "OnClose that blocks", closing.came)
		}
		first.expectEcho("nor now")
		eventually(t, "they are detached while OnClose blocks", func() bool { return attached(server) == 1 })
		next := connect(t, addr)
		next.expect(ws.OpText, []byte("welcome"))
		closing.letAll()
		next.leave()
		first.leave()
	})
}

// A handler that blocks for ever on what it writes to a dead client is let go when
// the server shuts down.
func TestShutdownFreesWriters(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		result := make(chan error, 1)
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, _ []byte) {
			for {
				if err := c.WriteWait(context.Background(), op, payload(20000)); err != nil {
					result <- err
					return
				}
			}
		})
		server := &wsconn.Server{Handler: handler, Limits: slowLimits(wsconn.CloseSlow)}
		c := connect(t, start(t, server)).lazy()
		c.send(masked(finText, []byte("go")))
		eventually(t, "the handler writes", func() bool { return handler.messages.Load() == 1 })
		ended := shutdown(server, soon(t))
		if err := receive(t, "end of WriteWait", result); !errors.Is(err, wsconn.ErrClosed) {
			t.Errorf("WriteWait returns %v, want ErrClosed", err)
		}
		receive(t, "end of Shutdown", ended)
		handler.next()
	})
}

// Bytes that come while a handler blocks are not lost, however they are cut.
func TestSentWhileBlocked(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, nil)
		addr := start(t, &wsconn.Server{Handler: handler})
		gate := newGatekeeper(t)
		handler.onMessage = func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			if strings.HasPrefix(string(payload), "block") {
				gate.block(c)
			}
			c.Write(op, payload)
		}
		c := connect(t, addr)
		big := masked(finBinary, payload(100000))
		c.send(masked(finText, []byte("block")), masked(ws.OpText, []byte("in two ")))
		receive(t, "blocked handler", gate.came)
		c.send(masked(finPing, []byte("ping")))
		c.send(masked(finMore, []byte("pieces"))[:3])
		time.Sleep(30 * time.Millisecond) // so that the server may see it in pieces
		c.send(masked(finMore, []byte("pieces"))[3:], big[:50000])
		gate.letAll()
		c.expect(ws.OpText, []byte("block"))
		c.expect(ws.OpPong, []byte("ping"))
		c.expect(ws.OpText, []byte("in two pieces"))
		c.send(big[50000:])
		c.expect(ws.OpBinary, payload(100000))
		c.leave()
	})
}
