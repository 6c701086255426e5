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

// gather returns the beginning of the queue, copied together if that saves writes.
func (o *output) gather(buf []byte) []byte {
	if len(o.queue) == 1 || len(o.queue[0].b) >= batchBytes {
		return o.queue[0].b
	}
	buf = buf[:0]
	for _, ch := range o.queue {
		if len(buf)+len(ch.b) > batchBytes {
			break
		}
		buf = append(buf, ch.b...)
	}
	if len(buf) == 0 {
		return o.queue[0].b
	}
	return buf
}

// discard gives up what waits. The caller holds c.mu.
func (c *Conn) discard() {
	if c.out != nil {
		c.out.hasRoom()
		c.out = nil
	}
}

// writeNow writes to a bare socket for which nothing waits, and queues what it does
// not take. Scratch bytes are copied then. The caller holds c.mu.
func (c *Conn) writeNow(b []byte, scratch bool) {
	n, err := c.writeSocket(b)
	if err != nil {
		c.fault(err)
		return
	}
	if n == len(b) {
		return
	}
	b = b[n:]
	if scratch {
		b = bytes.Clone(b)
	}
	c.append(chunk{b, n == 0 && !scratch})
	c.arm()
}

// push writes what waits, unless a batch is under way that ends with a write. The
// caller holds c.mu.
func (c *Conn) push() {
	if !c.corked {
		c.flush()
	}
}

// flush writes what waits, as far as the socket takes it; the poller tells when it
// takes more. The caller holds c.mu.
func (c *Conn) flush() {
	o := c.out
	switch {
	case o == nil:
	case c.link() != nil:
		c.link().push(c)
		return
	case c.flushBatch(o) && c.flushQueue(o):
		if c.out == o && cap(o.batch) == 0 {
			c.out = nil // else it is the loop's
		}
	default:
		return
	}
	if c.phase == phaseLast {
		c.flushed()
	}
}

// flushBatch writes the batch, and makes a chunk of what is left. It reports false
// if writing fails.
func (c *Conn) flushBatch(o *output) bool {
	if len(o.batch) == 0 {
		return true
	}
	n, err := c.writeSocket(o.batch)
	if err != nil {
		c.fault(err)
		return false
	}
	if rest := o.batch[n:]; len(rest) > 0 {
		c.append(chunk{bytes.Clone(rest), false})
	}
	o.batch = o.batch[:0]
	return true
}

// flushQueue writes the queue. It reports false if something is left, or if writing
// fails.
func (c *Conn) flushQueue(o *output) bool {
	if len(o.queue) == 0 {
		c.arm()
		return true
	}
	buf := scratch.get()
	defer scratch.put(buf)
	for len(o.queue) > 0 {
		b := o.gather(*buf)
		n, err := c.writeSocket(b)
		if err != nil {
			c.fault(err)
			return false
		}
		o.took(n)
		if n < len(b) {
			break
		}
	}
	c.arm()
	return len(o.queue) == 0
}
