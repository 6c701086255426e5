package wsconn_test

import (
	"errors"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// expectErrClosed checks that nothing can be written to c, and that to try does
// no harm.
func expectErrClosed(t *testing.T, c *wsconn.Conn, when string) {
	t.Helper()
	for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary} {
		if err := c.Write(op, []byte("hello")); !errors.Is(err, wsconn.ErrClosed) {
			t.Errorf("%s: Write returns %v, want ErrClosed", when, err)
		}
	}
	c.Close(4999, "too late")
}

// The client neither reads nor answers, so whatever waited for it would hang.
func TestWriteAfterClose(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never, MaxQueueBytes: 8 << 20}}
		c := connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		if err := conn.Write(ws.OpBinary, make([]byte, 4<<20)); err != nil {
			t.Fatal(err)
		}
		conn.Close(4001, "")
		for range 3 {
			expectErrClosed(t, conn, "while closing")
		}
		if attached(server) != 1 {
			t.Error("the client is detached before it has answered")
		}
		c.reset()
		handler.expectClosed(wsconn.CloseError{Code: 4001})
		expectNobody(t, server)
		expectErrClosed(t, conn, "when closed")
	})
}

// Once OnClose is called there is nobody to write to, whoever ended it, and it
// is decided how it ended.
func TestWriteInOnClose(t *testing.T) {
	tests := []struct {
		name string
		end  func(*client, *wsconn.Conn)
		code ws.StatusCode // that the client is told, or 0 for none
	}{
		{"the client closes", func(c *client, _ *wsconn.Conn) { c.send(closing(1000, "")) }, 1000},
		{"the client is gone", func(c *client, _ *wsconn.Conn) { c.nc.Close() }, 0},
		{"the client resets", func(c *client, _ *wsconn.Conn) { c.reset() }, 0},
		{"the server closes", func(c *client, conn *wsconn.Conn) { conn.Close(4001, ""); c.send(closing(4001, "")) }, 4001},
		{"a violation", func(c *client, _ *wsconn.Conn) { c.send(masked(finText, []byte("\xff"))) }, 1007},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, echo)
				handler.onClose = func(c *wsconn.Conn, _ error) { expectErrClosed(t, c, "in OnClose") }
				c := connect(t, start(t, &wsconn.Server{Handler: handler}))
				conn := receive(t, "OnOpen", handler.opened)
				test.end(c, conn)
				handler.next()
				expectErrClosed(t, conn, "after OnClose")
				if test.code != 0 {
					c.expectClose(test.code)
					c.expectEnd()
				}
			})
		}
	})
}

func TestWriteWrongOpcode(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		c := connect(t, start(t, server))
		conn := receive(t, "OnOpen", handler.opened)
		for _, op := range []ws.OpCode{ws.OpContinuation, ws.OpClose, ws.OpPing, ws.OpPong, 3, 0xf} {
			if err := conn.Write(op, nil); err == nil || errors.Is(err, wsconn.ErrClosed) {
				t.Errorf("Write with opcode %d returns %v", op, err)
			}
			if err := server.Broadcast(op, nil); err == nil {
				t.Errorf("Broadcast with opcode %d returns no error", op)
			}
		}
		c.expectEcho("nothing was sent before this")
		c.leave()
	})
}

// Write copies, so that the caller may use its buffer again.
func TestWriteCopies(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			c.Write(op, payload)
			clear(payload)
			c.Write(op, payload)
		})
		c := connect(t, start(t, &wsconn.Server{Handler: handler}))
		c.send(masked(finBinary, []byte("abc")))
		c.expect(ws.OpBinary, []byte("abc"))
		c.expect(ws.OpBinary, []byte{0, 0, 0})
		c.leave()
	})
}
