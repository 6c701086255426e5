package wsconn_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// shutdown calls Shutdown in the background and returns its result.
func shutdown(s *wsconn.Server, ctx context.Context) <-chan error {
	result := make(chan error, 1)
	go func() { result <- s.Shutdown(ctx) }()
	return result
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestShutdown(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
		addr := start(t, server)
		var clients []*client
		for range 5 {
			clients = append(clients, connect(t, addr))
			receive(t, "OnOpen", handler.opened)
		}
		result := shutdown(server, context.Background())
		for _, c := range clients {
			reason := c.expectClose(ws.StatusGoingAway)
			if handler.closes.Load() == int32(len(clients)) {
				t.Error("the last client is gone before it has answered")
			}
			c.send(closing(ws.StatusGoingAway, ""))
			handler.expectClosed(wsconn.CloseError{Code: ws.StatusGoingAway, Reason: reason})
			c.expectEnd()
			c.nc.Close()
		}
		if err := receive(t, "end of Shutdown", result); err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		if n := attached(server); n != 0 || handler.closes.Load() != 5 {
			t.Errorf("after Shutdown %d clients are attached, and %d were closed", n, handler.closes.Load())
		}
		if err := server.Shutdown(context.Background()); err != nil {
			t.Errorf("the second Shutdown returns %v", err)
		}
	})
}

// The peer does not answer, nor read, and the time is up.
func TestShutdownIsCutShort(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler: handler,
			Limits:  wsconn.Limits{CloseTimeout: never, WriteTimeout: never, MaxQueueBytes: 8 << 20},
		}
		addr := start(t, server)
		connect(t, addr)
		receive(t, "OnOpen", handler.opened)
		connect(t, addr).lazy()
		if err := receive(t, "OnOpen", handler.opened).Write(ws.OpBinary, make([]byte, 4<<20)); err != nil {
			t.Fatal(err)
		}
		if err := receive(t, "end of Shutdown", shutdown(server, soon(t))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returns %v, want the error of its context", err)
		}
		if n := attached(server); n != 0 || handler.closes.Load() != 2 {
			t.Errorf("after Shutdown %d clients are attached, and %d were closed", n, handler.closes.Load())
		}
	})
}

// The peer has closed, but does not read what is still on its way to it, the
// answer to its close frame last. Nor can this hold up Shutdown.
func TestShutdownIsCutShortInGoodbye(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler: handler,
			Limits:  wsconn.Limits{CloseTimeout: never, WriteTimeout: never, MaxQueueBytes: 8 << 20},
		}
		c := connect(t, start(t, server)).lazy()
		if err := receive(t, "OnOpen", handler.opened).Write(ws.OpBinary, make([]byte, 4<<20)); err != nil {
			t.Fatal(err)
		}
		c.send(closing(ws.StatusNormalClosure, ""))
		handler.next()
		if err := receive(t, "end of Shutdown", shutdown(server, soon(t))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returns %v, want the error of its context", err)
		}
	})
}

// Nor can a handler that hangs.
func TestShutdownWithStuckHandler(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		release := make(chan struct{})
		handler := newRecorder(t, func(*wsconn.Conn, ws.OpCode, []byte) { <-release })
		server := &wsconn.Server{Handler: handler}
		c := connect(t, start(t, server))
		t.Cleanup(func() { close(release) })
		c.send(masked(finText, []byte("hang")))
		eventually(t, "the handler hangs", func() bool { return handler.messages.Load() == 1 })
		if err := receive(t, "end of Shutdown", shutdown(server, soon(t))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returns %v, want the error of its context", err)
		}
	})
}
