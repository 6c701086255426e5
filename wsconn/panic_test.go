package wsconn_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/wsconn"
)

// A panic ends the connection that it happened on, and no other.
func TestHandlerPanics(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, nil)
		// An administrator makes the handler panic, wherever it is.
		panicAt := make(chan string, 1)
		maybe := func(c *wsconn.Conn, where string) {
			select {
			case at := <-panicAt:
				if at == where {
					panic("in " + where)
				}
				panicAt <- at
			default:
			}
		}
		handler.onOpen = func(c *wsconn.Conn) { maybe(c, "OnOpen") }
		handler.onMessage = func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			maybe(c, "OnMessage")
			echo(c, op, payload)
		}
		handler.onClose = func(c *wsconn.Conn, _ error) { maybe(c, "OnClose") }
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		bystander := connect(t, addr)
		bystander.expectEcho("before")
		told := wsconn.CloseError{Code: ws.StatusInternalServerError, Reason: "internal error"}

		panicAt <- "OnOpen"
		c := connect(t, addr)
		c.expectClose(ws.StatusInternalServerError)
		c.send(closing(ws.StatusInternalServerError, ""))
		c.expectEnd()
		handler.expectClosed(told)

		c = connect(t, addr)
		c.expectEcho("before")
		panicAt <- "OnMessage"
		c.send(masked(finText, []byte("now")), masked(finText, []byte("not delivered")))
		c.expectClose(ws.StatusInternalServerError)
		c.send(closing(ws.StatusInternalServerError, ""))
		c.expectEnd()
		handler.expectClosed(told)

		c = connect(t, addr)
		c.expectEcho("before")
		panicAt <- "OnClose"
		c.send(closing(ws.StatusNormalClosure, ""))
		if f := c.read(); f.Header.OpCode != ws.OpClose {
			t.Errorf("read opcode %d, want a close frame", f.Header.OpCode)
		}
		c.expectEnd()

		eventually(t, "the bystander is the only client", func() bool { return attached(server) == 1 })
		bystander.expectEcho("after")
		bystander.leave()
	})
}

// What reads a session may panic on it as well: it is other people's code, and
// the session is other people's data. The panic of one client's handshake must
// not end the process, and all the other connections with it. As it would, the
// tests of this run too, the server is in a process of its own.
func TestIdentifyPanics(t *testing.T) {
	const inner = "ROLLCALL_TEST_IDENTIFY_PANICS"
	if os.Getenv(inner) == "" {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIdentifyPanics$")
		cmd.Env = append(os.Environ(), inner+"=1")
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("the process ends with %v:\n%.2000s", err, output)
		}
		return
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		handler := newRecorder(t, echo)
		by := store.authenticator()
		by.Identify = func(_ context.Context, s *session.Session) (*firewall.Identity, error) {
			if s.ID == annesID {
				panic(errors.New("what is this?"))
			}
			return &firewall.Identity{User: "bob"}, nil
		}
		server := &wsconn.Server{Handler: handler, Firewall: newFirewall(t, firewall.Options{Authenticators: []firewall.Authenticator{by}})}
		addr := start(t, server)
		bob := connect(t, addr, cookie(bobsID))
		c := dial(t, addr)
		c.send([]byte(upgrade(addr).with(cookie(annesID)).String()))
		c.r.Peek(1) // an answer, or none
		bob.expectEcho("still here")
		bob.leave()
	})
}
