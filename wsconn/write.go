package wsconn

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/gobwas/ws"
)

// Write queues a message for the client: op is ws.OpText, whose payload must be
// UTF-8, or ws.OpBinary. It copies payload and does not wait. It returns
// ErrClosed if the connection is closed or closing, or if the client is so slow
// that its queue is full, which closes it.
func (c *Conn) Write(op ws.OpCode, payload []byte) error {
	frame, err := dataFrame(op, payload)
	if err != nil {
		return err
	}
	return c.queue(frame)
}

// dataFrame encodes a message as one frame.
func dataFrame(op ws.OpCode, payload []byte) ([]byte, error) {
	if op != ws.OpText && op != ws.OpBinary {
		return nil, fmt.Errorf("wsconn: a message is text or binary, not opcode %d", op)
	}
	return encode(op, payload), nil
}

func encode(op ws.OpCode, payload []byte) []byte {
	frame, _ := ws.CompileFrame(ws.NewFrame(op, true, payload)) // a bytes.Buffer does not fail
	return frame
}

// queue puts a frame, which the caller must not change any more, behind those
// that wait. It is the only way to the client.
func (c *Conn) queue(frame []byte) error {
	c.out.Lock()
	if c.out.closed {
		c.out.Unlock()
		return ErrClosed
	}
	if c.out.bytes > 0 && c.out.bytes+weight(frame) > c.server.limits.MaxQueueBytes {
		c.out.Unlock()
		c.fail(CloseError{statusTryAgainLater, "too slow"})
		return ErrClosed
	}
	c.append(frame)
	c.out.Unlock()
	return nil
}

// queueLast queues a close frame. It does nothing if one was queued before.
func (c *Conn) queueLast(frame []byte) {
	c.out.Lock()
	defer c.out.Unlock()
	if c.out.closed {
		return
	}
	c.out.closed = true
	c.append(frame)
}

// weight is what a frame costs while it waits: its bytes, and about what it takes
// to keep track of it, or many small frames would cost much more than the limit.
func weight(frame []byte) int { return len(frame) + 64 }

// append adds a frame and sees that somebody writes it. The caller holds c.out.
func (c *Conn) append(frame []byte) {
	c.out.frames = append(c.out.frames, frame)
	c.out.bytes += weight(frame)
	if !c.out.writing {
		c.out.writing = true
		c.server.running.Go(c.flush)
	}
}

// flush writes until nothing is left. It runs only while there is something to
// write, so an idle client costs no goroutine for it, and what is queued while
// it writes goes out together.
func (c *Conn) flush() {
	for {
		c.out.Lock()
		frames := c.out.frames
		if len(frames) == 0 {
			c.out.writing = false
			if c.out.closed {
				close(c.out.flushed)
			}
			c.out.Unlock()
			return
		}
		// What is being written no longer waits: a client that has read all of it
		// may ask for as much again before the write has returned.
		c.out.frames, c.out.bytes = nil, 0
		c.out.Unlock()

		if err := c.write(frames); err != nil {
			c.out.Lock()
			c.out.closed, c.out.frames = true, nil
			close(c.out.flushed)
			c.out.Unlock()
			c.drop(err)
			return
		}
	}
}

// maxWrite is how much is written at once. A client that takes less than that in
// the write timeout is alive all the same, if it takes anything; but over TLS, a
// write that was cut short cannot be taken up again, so there it must take this.
const maxWrite = 64 << 10

// write writes frames, however many, and gives up when the client has taken
// nothing for the write timeout.
func (c *Conn) write(frames net.Buffers) error {
	for len(frames) > 0 {
		piece := cutOff(&frames, maxWrite)
		for len(piece) > 0 {
			c.nc.SetWriteDeadline(time.Now().Add(c.server.limits.WriteTimeout))
			n, err := piece.WriteTo(c.nc) // leaves in piece what was not written
			if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
				return fmt.Errorf("wsconn: write: %w", err)
			}
		}
	}
	return nil
}

// cutOff takes at most limit bytes off the beginning of frames.
func cutOff(frames *net.Buffers, limit int) net.Buffers {
	var piece net.Buffers
	rest := *frames
	for len(rest) > 0 && limit > 0 {
		if len(rest[0]) > limit {
			piece = append(piece, rest[0][:limit])
			rest[0] = rest[0][limit:]
			break
		}
		piece = append(piece, rest[0])
		limit -= len(rest[0])
		rest = rest[1:]
	}
	*frames = rest
	return piece
}
