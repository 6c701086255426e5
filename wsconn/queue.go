package wsconn

import (
	"bytes"
	"slices"
)

// This file is what waits to be written.
//
// Invariant: bytes reach the socket in the order in which they were queued, whoever
// writes them, and no goroutine waits for a client that does not read. A connection
// has an output only while something waits.

// output is what waits to be written. The queue comes first, then the batch, which is
// used only while the queue is empty.
type output struct {
	queue []chunk
	bytes int           // weight of the queue
	batch []byte        // small frames of the batch of answers under way
	since uint32        // when the client took something last, as a clock
	room  chan struct{} // closed when there is room again; for WriteWait
}

// A chunk is what is left of a frame, or of several. Its bytes may be shared with
// other connections, so nobody changes them.
type chunk struct {
	b       []byte
	message bool // a whole message, of which nothing was written yet
}

// weight is what a frame costs while it waits: its bytes, and about what it takes
// to keep track of it, or many small frames would cost much more than the limit.
func weight(frame []byte) int { return len(frame) + 64 }

const (
	// smallFrame is the payload up to which a frame is copied into the batch.
	smallFrame = 4 << 10
	// batchBytes is how much a batch holds before it is written.
	batchBytes = 64 << 10
)

// full reports whether a frame must wait for room. The caller holds c.mu.
func (c *Conn) full(frame []byte) bool {
	return c.out != nil && c.out.bytes > 0 && c.out.bytes+weight(frame) > c.loop.server.limits.MaxQueueBytes
}

// put encodes a frame behind what waits, and writes it unless a batch is under way.
// The caller holds c.mu; payload may be changed after.
func (c *Conn) put(first byte, payload []byte) error {
	switch {
	case c.mute:
		return ErrClosed
	case len(payload) > smallFrame || c.link() != nil || c.out != nil && len(c.out.queue) > 0:
		return c.enqueue(appendFrame(nil, first, payload), first&0x08 == 0)
	case c.corked && c.out != nil:
		if len(c.out.batch)+len(payload) > batchBytes {
			c.flush()
			return c.put(first, payload)
		}
		c.out.batch = appendFrame(c.out.batch, first, payload)
		return nil
	}
	buf := scratch.get()
	defer scratch.put(buf)
	*buf = appendFrame((*buf)[:0], first, payload)
	c.writeNow(*buf, true)
	return nil
}

// putRaw queues bytes that are no frame: the answer to the handshake. They may be changed
// after.
func (c *Conn) putRaw(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.corked && c.out != nil && len(c.out.queue) == 0 {
		c.out.batch = append(c.out.batch, b...)
		return
	}
	c.append(chunk{bytes.Clone(b), false})
	c.push()
}

// enqueue puts a frame, which nobody changes any more, behind what waits. It is a
// message or a control frame. The caller holds c.mu.
func (c *Conn) enqueue(frame []byte, message bool) error {
	if c.mute {
		return ErrClosed
	}
	if c.full(frame) {
		if err := c.makeRoom(frame); err != nil {
			return err
		}
	}
	if c.out != nil && len(c.out.batch) > 0 {
		if c.corked && len(frame) <= smallFrame && len(c.out.batch)+len(frame) <= batchBytes {
			c.out.batch = append(c.out.batch, frame...)
			return nil
		}
		c.flush()
	}
	if c.link() == nil && (c.out == nil || len(c.out.queue) == 0) {
		c.writeNow(frame, false)
		return nil
	}
	c.append(chunk{frame, message})
	c.push()
	return nil
}

// makeRoom does what Limits.Slow says about a client whose queue is full.
func (c *Conn) makeRoom(frame []byte) error {
	switch c.loop.server.limits.Slow {
	case DropNewest:
		return ErrSlow
	case DropOldest:
		o := c.out
		o.queue = slices.DeleteFunc(o.queue, func(old chunk) bool {
			drop := old.message && c.full(frame)
			if drop {
				o.bytes -= weight(old.b)
			}
			return drop
		})
		if c.full(frame) { // of what cannot be dropped
			return ErrSlow
		}
		return nil
	default:
		c.end(CloseError{statusTryAgainLater, "too slow"})
		return ErrClosed
	}
}

// append adds a chunk to the queue. The caller holds c.mu.
func (c *Conn) append(ch chunk) {
	if c.out == nil {
		c.out = &output{}
	}
	if len(c.out.queue) == 0 {
		c.out.since = now()
		c.loop.wake(c, after(c.out.since, c.loop.server.limits.WriteTimeout))
	}
	c.out.queue = append(c.out.queue, ch)
	c.out.bytes += weight(ch.b)
}

// room returns a channel that is closed when something was written or nothing will
// be. The caller holds c.mu.
func (c *Conn) room() <-chan struct{} {
	if c.out == nil {
		ready := make(chan struct{})
		close(ready)
		return ready
	}
	if c.out.room == nil {
		c.out.room = make(chan struct{})
	}
	return c.out.room
}

// hasRoom tells those who wait for room.
func (o *output) hasRoom() {
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}

// took removes n bytes, which were written, from the queue.
func (o *output) took(n int) {
	if n > 0 {
		o.since = now()
		o.hasRoom()
	}
	for n > 0 {
		ch := &o.queue[0]
		if n < len(ch.b) {
			o.bytes -= n
			ch.b, ch.message = ch.b[n:], false
			return
		}
		n -= len(ch.b)
		o.bytes -= weight(ch.b)
		*ch = chunk{}
		o.queue = o.queue[1:]
	}
}

// discard gives up what waits. The caller holds c.mu.
func (c *Conn) discard() {
	if c.out != nil {
		c.out.hasRoom()
		c.out = nil
	}
}
