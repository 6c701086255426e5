package wsconn_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A handler waits for its own client, and for nobody else's.
func TestWriteWaitInHandler(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const messages = 120
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			if string(payload) != "all" {
				c.Write(op, payload)
				return
			}
			for i := range messages {
				if err := c.WriteWait(context.Background(), ws.OpBinary, numbered(i)); err != nil {
					t.Errorf("WriteWait returns %v", err)
				}
			}
		})
		server := &wsconn.Server{Handler: handler, Limits: slowLimits(wsconn.CloseSlow)}
		addr := start(t, server)
		var slow, fast []*client
		for range 4 {
			slow = append(slow, connect(t, addr).lazy())
			fast = append(fast, connect(t, addr))
		}
		for _, c := range slow {
			c.send(masked(finText, []byte("all")), masked(finText, []byte("and this")), masked(finPing, []byte("and that")))
		}
		for _, c := range fast {
			c.expectEcho("I am not kept waiting")
		}
		for _, c := range slow {
			for i := range messages {
				if got := c.expectNumbered(); got != i {
					t.Fatalf("read message %d, want %d", got, i)
				}
			}
			c.expect(ws.OpText, []byte("and this"))
			c.expect(ws.OpPong, []byte("and that"))
			c.expectEcho("and on")
			c.leave()
		}
		for _, c := range fast {
			c.leave()
		}
	})
}

// The client has read again just before WriteWait looks, so that what waited for it
// is written by WriteWait itself, and there is nothing left to wait for.
func TestWriteWaitFindsRoom(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		ready, read := make(chan int), make(chan struct{})
		handler := newRecorder(t, func(c *wsconn.Conn, _ ws.OpCode, _ []byte) {
			message := make([]byte, 16<<10)
			queued := 0
			for c.Write(ws.OpBinary, message) == nil {
				queued++
			}
			ready <- queued
			<-read
			if err := c.WriteWait(context.Background(), ws.OpBinary, message); err != nil {
				t.Errorf("WriteWait returns %v", err)
			}
			c.Write(ws.OpText, []byte("done"))
		})
		limits := slowLimits(wsconn.DropNewest)
		limits.MaxQueueBytes = 50 << 10 // 3 messages
		server := &wsconn.Server{Handler: handler, Limits: limits}
		c := connect(t, start(t, server)).lazy()
		c.send(masked(finText, []byte("go")))
		queued := receive(t, "full queue", ready)
		// What the kernel has, but not what waits in the queue.
		first := max(0, queued-5)
		for range first {
			c.expect(ws.OpBinary, make([]byte, 16<<10))
		}
		read <- struct{}{}
		for range queued - first + 1 {
			c.expect(ws.OpBinary, make([]byte, 16<<10))
		}
		c.expect(ws.OpText, []byte("done"))
		c.leave()
	})
}

// Many write to one client at once. The messages of each come in order, none is lost.
func TestManyWriters(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const writers, each = 8, 60
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: slowLimits(wsconn.DropNewest)}
		c := connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		var running sync.WaitGroup
		for w := range writers {
			running.Go(func() {
				for i := range each {
					message := numbered(w*1000 + i)
					err := conn.Write(ws.OpBinary, message)
					if errors.Is(err, wsconn.ErrSlow) {
						err = conn.WriteWait(context.Background(), ws.OpBinary, message)
					}
					if err != nil {
						t.Errorf("message %d of writer %d: %v", i, w, err)
					}
				}
			})
		}
		var next [writers]int
		for range writers * each {
			got := c.expectNumbered()
			if w, i := got/1000, got%1000; i != next[w] {
				t.Fatalf("of writer %d message %d was read, want %d", w, i, next[w])
			} else {
				next[w]++
			}
		}
		running.Wait()
		expectOnly(c, conn)
		c.leave()
	})
}
