package wsconn_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// The recorder checks the order of the calls in every test. Here the handler
// speaks in each of them, and the client is attached in all but the last.
func TestLife(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		isAttached := func(c *wsconn.Conn) bool {
			_, err := server.Storage.Lookup(t.Context(), c.ID())
			return err == nil
		}
		handler.onOpen = func(c *wsconn.Conn) {
			if !isAttached(c) {
				t.Error("in OnOpen the client is not attached")
			}
			c.Write(ws.OpText, []byte("welcome"))
		}
		handler.onMessage = func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			if !isAttached(c) {
				t.Error("in OnMessage the client is not attached")
			}
			echo(c, op, payload)
		}
		handler.onClose = func(c *wsconn.Conn, _ error) {
			if isAttached(c) {
				t.Error("in OnClose the client is attached")
			}
		}
		addr := start(t, server)
		for range 3 {
			c := connect(t, addr)
			c.expect(ws.OpText, []byte("welcome"))
			c.expectEcho("one")
			c.expectEcho("two")
			c.leave()
			handler.expectClosed(wsconn.CloseError{Code: ws.StatusNormalClosure})
		}
		if o, m, c := handler.opens.Load(), handler.messages.Load(), handler.closes.Load(); o != 3 || m != 6 || c != 3 {
			t.Errorf("%d OnOpen, %d OnMessage, %d OnClose, want 3, 6, 3", o, m, c)
		}
	})
}

func TestAbruptEnd(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)

		connect(t, addr).reset()
		if err := handler.expectLost(); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("after a reset OnClose was told %v", err)
		}
		expectNobody(t, server)

		connect(t, addr).nc.Close()
		if err := handler.expectLost(); !errors.Is(err, io.EOF) {
			t.Errorf("after an end without a close frame OnClose was told %v", err)
		}
		expectNobody(t, server)
	})
}

// The server begins to close, and the client is there until it has answered.
func TestServerCloses(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			for _, word := range []string{"first", "second", "third"} {
				c.Write(ws.OpText, []byte(word))
			}
			c.Close(4001, "that will do")
			c.Close(4002, "only the first counts")
		})
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
		c := connect(t, start(t, server))
		c.send(masked(finText, []byte("go")), masked(finText, []byte("not delivered")))
		for _, word := range []string{"first", "second", "third"} {
			c.expect(ws.OpText, []byte(word))
		}
		if reason := c.expectClose(4001); reason != "that will do" {
			t.Errorf("the reason is %q", reason)
		}
		c.send(masked(finText, []byte("not delivered either")), masked(finPing, []byte("not answered")))
		if attached(server) != 1 || handler.closes.Load() != 0 {
			t.Error("the client is detached before it has answered")
		}
		c.send(closing(4001, "")) // the answer
		handler.expectClosed(wsconn.CloseError{Code: 4001, Reason: "that will do"})
		c.expectEnd()
		expectNobody(t, server)
		if n := handler.messages.Load(); n != 1 {
			t.Errorf("OnMessage was called %d times, want 1: the server was closing after that", n)
		}
	})
}

// A client that keeps the connection open for ever does not stay attached, be
// it silent or not.
func TestCloseUnanswered(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, act := range map[string]func(*client){
			"silent":  func(*client) {},
			"talking": func(c *client) { c.send(masked(finText, []byte("I will not go"))) },
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, echo)
				server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: 50 * time.Millisecond}}
				c := connect(t, start(t, server))
				conn := receive(t, "OnOpen", handler.opened)
				conn.Close(4001, "go")
				c.expectClose(4001)
				act(c)
				handler.expectClosed(wsconn.CloseError{Code: 4001, Reason: "go"})
				expectNobody(t, server)
				c.expectEnd()
			})
		}
	})
}

// What is sent for each code and reason that Close is given.
func TestCloseArguments(t *testing.T) {
	x := strings.Repeat("x", 200)
	tests := []struct {
		code         ws.StatusCode
		reason, sent string
	}{
		{1000, "", ""},
		{4999, x[:123], x[:123]},
		{4999, x, x[:123]},
		{4999, x[:122] + "é", x[:122]}, // é has 2 bytes
		{4999, x[:121] + "éé", x[:121] + "é"},
		{4999, x[:121] + "€", x[:121]}, // 3 bytes
		{4999, x[:120] + "😀", x[:120]}, // 4 bytes
		{4999, x[:119] + "😀", x[:119] + "😀"},
	}
	nothing := []ws.StatusCode{0, 999, 1004, 1005, 1006, 1015, 2000, 5000} // cannot be sent
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
		addr := start(t, server)
		for _, test := range tests {
			c := connect(t, addr)
			receive(t, "OnOpen", handler.opened).Close(test.code, test.reason)
			if reason := c.expectClose(test.code); reason != test.sent {
				t.Errorf("the reason %q was sent as %q, want %q", test.reason, reason, test.sent)
			}
			c.send(closing(test.code, ""))
			c.expectEnd()
			handler.next()
		}
		for _, code := range nothing {
			c := connect(t, addr)
			receive(t, "OnOpen", handler.opened).Close(code, "reason")
			c.expect(ws.OpClose, nil)
			c.send(masked(finClose, nil))
			c.expectEnd()
			handler.expectClosed(wsconn.CloseError{Code: ws.StatusNoStatusRcvd})
		}
		expectNobody(t, server)
	})
}

// Both sides close at the same moment: each takes the other's frame for the
// answer.
func TestBothClose(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		handler.onOpen = func(c *wsconn.Conn) { c.Close(4001, "mine") }
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
		addr := start(t, server)
		c := dial(t, addr)
		c.enter(upgrade(addr), closing(4002, "yours")...)
		c.expectClose(4001)
		c.expectEnd()
		handler.expectClosed(wsconn.CloseError{Code: 4001, Reason: "mine"})
		expectNobody(t, server)
	})
}

// expectHangUp waits until the server has closed its socket, rather than only
// its side of the stream: whoever writes then is reset.
func (c *client) expectHangUp() {
	c.t.Helper()
	eventually(c.t, "the server hangs up", func() bool {
		_, err := c.nc.Write([]byte{0})
		return err != nil
	})
}

// A client that never closes its socket does not keep the server's open.
func TestSocketIsClosed(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: 50 * time.Millisecond}}
		addr := start(t, server)
		for name, end := range map[string]func(*client){
			"closed by the client": func(c *client) { c.send(closing(1000, "")) },
			"half closed":          func(c *client) { c.nc.(*net.TCPConn).CloseWrite() },
		} {
			c := connect(t, addr)
			end(c)
			handler.next()
			if name != "half closed" { // then it is the client that cannot write
				c.expectHangUp()
			}
			if _, err := io.Copy(io.Discard, c.r); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: the server does not end the stream", name)
			}
		}
	})
}
