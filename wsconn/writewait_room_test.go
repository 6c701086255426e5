package wsconn_test

import (
	"context"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A handler waits for room, and when it looks again there is nothing left that could
// make room: the client has read all that the kernel had, so WriteWait itself writes the
// rest. It must not wait for more.
func TestWriteWaitMakesTheRoomItself(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		ready, read, done := make(chan int), make(chan struct{}), make(chan error, 1)
		message := make([]byte, smallest)
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, _ []byte) {
			queued := 0
			for c.Waiting() == 0 {
				c.Write(op, message)
				queued++
			}
			ready <- queued
			<-read
			done <- c.WriteWait(context.Background(), op, []byte("there is room"))
		})
		limits := slowLimits(wsconn.DropNewest)
		limits.MaxQueueBytes = 1 // so that only an empty queue has room
		server := &wsconn.Server{Handler: handler, Limits: limits}
		addr := start(t, server)
		for range 5 { // a machine that stalls lets another loop make the room
			c := connect(t, addr).lazy()
			c.send(masked(finBinary, []byte("go")))
			queued := receive(t, "message that waits", ready)
			for range queued - 1 { // the kernel may have begun with the last one
				c.expect(ws.OpBinary, message)
			}
			read <- struct{}{}
			c.expect(ws.OpBinary, message)
			c.expect(ws.OpBinary, []byte("there is room"))
			if err := receive(t, "end of WriteWait", done); err != nil {
				t.Errorf("WriteWait returns %v", err)
			}
			c.leave()
		}
	})
}

// smallest is the length of the shortest message that is not copied into a batch.
const smallest = 4<<10 + 1

// Each message has to wait for the one before, and a handler that does nothing else is
// never the last to know that there is room.
func TestWriteWaitOneByOne(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const messages = 200
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, _ []byte) {
			for i := range messages {
				if err := c.WriteWait(context.Background(), op, numbered(i)); err != nil {
					t.Errorf("message %d: WriteWait returns %v", i, err)
					return
				}
			}
		})
		limits := slowLimits(wsconn.CloseSlow)
		limits.MaxQueueBytes = 1
		addr := start(t, &wsconn.Server{Handler: handler, Limits: limits})
		for range 3 {
			c := connect(t, addr).lazy()
			c.send(masked(finBinary, []byte("go")))
			for want := range messages {
				if got := c.expectNumbered(); got != want {
					t.Fatalf("read message %d, want %d", got, want)
				}
			}
			c.leave()
		}
	})
}
