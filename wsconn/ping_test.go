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
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{PingInterval: 600 * time.Millisecond}}
		c := connect(t, start(t, server))
		for range 3 {
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
			Limits:  wsconn.Limits{PingInterval: 100 * time.Millisecond, CloseTimeout: never},
		}
		c := connect(t, start(t, server))
		handler.expectLost()
		expectNobody(t, server)
		c.expect(ws.OpPing, nil)
		c.expectEnd()
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
