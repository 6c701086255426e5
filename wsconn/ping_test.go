package wsconn_test

import (
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A client that says nothing is pinged, and kept for as long as it answers.
func TestPing(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		// The client has as long as the interval to answer. That must be enough
		// for a busy machine.
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{PingInterval: 1500 * time.Millisecond}}
		c := connect(t, start(t, server))
		for range 2 {
			f := c.read()
			if f.Header.OpCode != ws.OpPing {
				t.Fatalf("read opcode %d, want a ping", f.Header.OpCode)
			}
			c.send(masked(finPong, f.Payload))
		}
		c.expectEcho("I am here")
		c.leave()
		handler.expectClosed(wsconn.CloseError{Code: ws.StatusNormalClosure})
	})
}

// A client that does not answer a ping is dropped, though its socket is open.
func TestDeadClient(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler: handler,
			Limits:  wsconn.Limits{PingInterval: 300 * time.Millisecond, CloseTimeout: never},
		}
		c := connect(t, start(t, server))
		handler.expectLost()
		expectNobody(t, server)
		c.expect(ws.OpPing, nil)
		c.expectEnd()
	})
}

// A handler that takes its time does not make its client silent: the client
// answers, and it is the server that does not listen.
func TestBusyHandlerIsNoSilence(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const interval = 400 * time.Millisecond
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			if string(payload) == "think" {
				<-time.After(3 * interval)
			}
			c.Write(op, payload)
		})
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{PingInterval: interval}}
		c := connect(t, start(t, server))
		c.send(masked(finText, []byte("think")))
		for {
			f, err := readFrame(c.r)
			if err != nil {
				t.Fatalf("the client is dropped: %v, OnClose is told %v", err, handler.next())
			}
			if f.Header.OpCode != ws.OpPing {
				break // the answer
			}
			c.send(masked(finPong, f.Payload))
		}
		c.send(closing(ws.StatusNormalClosure, ""))
		handler.expectClosed(wsconn.CloseError{Code: ws.StatusNormalClosure})
	})
}

func TestPingTurnedOff(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{PingInterval: -1}}
		c := connect(t, start(t, server))
		// Nothing to wait for: this is here so that a ticker with a negative
		// interval, which panics, would show.
		c.expectEcho("I am here")
		c.leave()
	})
}
