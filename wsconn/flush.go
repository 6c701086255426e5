package wsconn

import "bytes"

// This file writes what waits.
//
// Invariant: a bare socket is written to under c.mu and never waited for; what it does not
// take stays in the queue, and then the poller tells when it takes more.

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
