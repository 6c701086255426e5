package wsconn

import (
	"errors"
	"time"
)

// This file ends connections.
//
// Invariant: whatever ends a connection, and however many things at once, the owner
// of the turn calls finish, once; there the client is detached. What becomes of the
// socket after that does not concern the turn any more: it is closed by whoever sees
// under c.mu that all is said, or that the time is up.

const (
	// lingerTime bounds how long the server waits for a client to end its side.
	lingerTime = time.Second
	// maxLinger bounds what is discarded meanwhile, in bytes.
	maxLinger = 1 << 20
)

// finish ends the client of an open connection. The caller has the turn, and does
// not give it back.
func (c *Conn) finish(err error) {
	s := c.loop.server
	s.leave(c)
	err = c.reason(err)
	c.last(err)
	if c.client.Load() == nil { // it was never attached
		return
	}
	// If the storage has detached it, that is why it is closed.
	s.detach(c.ID(), err)
	c.guard(func() { s.Handler.OnClose(c, err) })
}

// last says good-bye: it queues the close frame that err calls for, if none was
// queued before, and then ends the server's side of the stream.
//
// To close a socket that has unread bytes resets the connection, and the client may
// lose what it was sent last. So the server reads on until the client ends its side.
func (c *Conn) last(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase >= phaseLast {
		return
	}
	c.corked = false
	polite := false
	if ce, ok := errors.AsType[CloseError](err); ok {
		c.queueLast(closeFrame(ce))
		polite = true
	}
	c.bye(err, polite)
}

// bye begins the last phase, in which no more is queued. The caller holds c.mu and
// has the turn, which ends with it.
func (c *Conn) bye(err error, polite bool) {
	c.refused = c.phase < phaseOpen
	c.phase = phaseLast
	c.silence()
	c.forget()
	if c.ending() == nil {
		c.extras().ending = &ending{err: err}
	}
	c.letReaderGo()
	if !polite {
		c.closeSocket()
		return
	}
	timeout := c.loop.server.limits.CloseTimeout
	if c.refused {
		timeout = answerTime
	}
	c.ending().due = after(now(), timeout)
	c.loop.wake(c, c.ending().due)
	c.deaf = c.eof
	c.flush()
	if c.phase == phaseLast {
		c.arm()
	}
}

// flushed is called in the last phase when all is written. The caller holds c.mu.
func (c *Conn) flushed() {
	if c.phase != phaseLast || c.ending().halfClosed {
		return
	}
	if c.eof || !c.halfClose() {
		c.closeSocket()
		return
	}
	c.ending().halfClosed = true
	c.ending().due = after(now(), c.lingers())
	c.loop.wake(c, c.ending().due)
	c.arm()
}

// lingers is for how long the client may take to end its side. One that cannot be told
// that the server has ended its own gets little.
func (c *Conn) lingers() time.Duration {
	if l := c.link(); l != nil && !l.canHalfClose() {
		return lingerTime / 10
	}
	return lingerTime
}

// drained notes what came in the last phase: n bytes, or the end of the stream. The
// caller holds c.mu.
func (c *Conn) drained(n int, end bool) {
	c.ending().discarded += n
	switch {
	case c.ending().discarded > maxLinger:
		c.closeSocket()
	case end && (c.out == nil || c.ending().halfClosed):
		c.closeSocket()
	case end: // it may have ended its side only
		c.eof, c.deaf = true, true
		c.arm()
	default:
		c.arm()
	}
}

// closeSocket closes the socket and forgets the connection. The caller holds c.mu.
func (c *Conn) closeSocket() {
	if c.phase == phaseClosed {
		return
	}
	s := c.loop.server
	c.phase = phaseClosed
	c.silence()
	c.discard()
	c.loop.remove(c)
	if c.link() != nil {
		s.running.Go(c.link().close)
	} else {
		closeDescriptor(c.fd)
		c.fd = -1
	}
	if c.refused {
		s.pending.Add(-1)
	}
	s.addresses.leave(c)
	s.running.Done()
}
