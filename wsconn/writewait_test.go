package wsconn_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// WriteWait waits for a client that does not read, rather than to queue more.
func TestWriteWait(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, limit := range map[string]int{"some fit": 128 << 10, "one fits": 1000} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				const messages = 300
				handler := newRecorder(t, echo)
				limits := slowLimits(wsconn.CloseSlow)
				limits.MaxQueueBytes = limit
				server := &wsconn.Server{Handler: handler, Limits: limits}
				c := connect(t, start(t, server)).lazy()
				conn := receive(t, "OnOpen", handler.opened)
				var written atomic.Int32
				done := make(chan error, 1)
				go func() {
					for i := range messages {
						if err := conn.WriteWait(context.Background(), ws.OpBinary, numbered(i)); err != nil {
							done <- fmt.Errorf("message %d: %w", i, err)
							return
						}
						written.Add(1)
					}
					done <- nil
				}()
				for before := int32(-1); written.Load() != before; time.Sleep(50 * time.Millisecond) {
					before = written.Load() // it may still be at it
				}
				if n := written.Load(); n > messages/2 {
					t.Errorf("%d messages were written for a client that does not read", n)
				}
				for i := range messages {
					if got := c.expectNumbered(); got != i {
						t.Fatalf("read message %d, want %d", got, i)
					}
				}
				if err := receive(t, "end of WriteWait", done); err != nil {
					t.Errorf("WriteWait returns %v", err)
				}
				expectOnly(c, conn)
				c.leave()
			})
		}
	})
}

// stuckLimits are for clients for whom no more than tooMuch waits, which is more than
// the kernel can ever take while they do not read.
var stuckLimits = wsconn.Limits{MaxQueueBytes: 1 << 20, WriteTimeout: never, CloseTimeout: never, PingInterval: -1}

var tooMuch = make([]byte, 2<<20)

// fill writes to a client of stuckLimits that does not read until WriteWait has to
// wait, and returns how many messages it was.
func fill(t *testing.T, conn *wsconn.Conn) (queued int) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := conn.WriteWait(ctx, ws.OpBinary, numbered(queued))
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return queued
		}
		if err != nil {
			t.Fatalf("WriteWait returns %v", err)
		}
		if queued++; queued > 10000 {
			t.Fatal("WriteWait never has to wait")
		}
	}
}

// What WriteWait has given up is not written.
func TestWriteWaitEndsWithContext(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: stuckLimits}
		c := connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		queued := fill(t, conn)
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- conn.WriteWait(ctx, ws.OpBinary, tooMuch) }()
		cancel()
		if err := receive(t, "end of WriteWait", result); !errors.Is(err, context.Canceled) {
			t.Errorf("WriteWait returns %v, want the error of its context", err)
		}
		for i := range queued {
			if got := c.expectNumbered(); got != i {
				t.Fatalf("read message %d, want %d", got, i)
			}
		}
		expectOnly(c, conn)
		c.leave()
	})
}

// Those who wait do not wait for ever: it is in vain when the connection ends, or is
// about to.
func TestWriteWaitEndsWithConnection(t *testing.T) {
	ends := map[string]func(*client, *wsconn.Conn){
		"the client resets": func(c *client, _ *wsconn.Conn) { c.reset() },
		"the client closes": func(c *client, _ *wsconn.Conn) { c.send(closing(ws.StatusNormalClosure, "")) },
		"a violation":       func(c *client, _ *wsconn.Conn) { c.send(masked(finText, []byte("\xff"))) },
		"the server closes": func(_ *client, conn *wsconn.Conn) { conn.Close(4001, "") },
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, echo)
				server := &wsconn.Server{Handler: handler, Limits: stuckLimits}
				c := connect(t, start(t, server)).lazy()
				conn := receive(t, "OnOpen", handler.opened)
				fill(t, conn)
				results := make(chan error, 3)
				for range cap(results) {
					go func() {
						results <- conn.WriteWait(context.Background(), ws.OpBinary, tooMuch)
					}()
				}
				time.Sleep(20 * time.Millisecond) // most likely they wait
				end(c, conn)
				for range cap(results) {
					if err := receive(t, "end of WriteWait", results); !errors.Is(err, wsconn.ErrClosed) {
						t.Errorf("WriteWait returns %v, want ErrClosed", err)
					}
				}
				c.reset() // else the server would wait until it has read all
			})
		}
	})
}
