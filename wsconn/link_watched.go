package wsconn

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// This file reads links that a loop watches.
//
// Invariant: a goroutine is at a link only while there is something to read, and the
// loop does not look at it meanwhile.

// once is how long Read may wait for what a loop has seen coming. It is more than
// nothing only if a TLS record has come in part.
const once = 100 * time.Millisecond

var longAgo = time.Unix(1, 0)

// readLink reads what the loop has seen coming, and what lies in the layers of the
// connection and so would raise no event. The caller has the turn.
func (c *Conn) readLink() {
	l := c.link()
	if err := l.handshake(c.loop.server.limits.HandshakeTimeout); err != nil {
		c.finish(fmt.Errorf("wsconn: TLS: %w", err))
		return
	}
	c.readLayers(time.Now().Add(once))
}

// readLayers reads until nothing comes, which for the first time it waits for until a
// deadline. The caller has the turn.
func (c *Conn) readLayers(deadline time.Time) {
	l := c.link()
	pooled := linkBuffers.get()
	defer linkBuffers.put(pooled)
	for ; ; deadline = longAgo {
		buf := c.space(pooled[:])
		n := c.pending(buf)
		l.SetReadDeadline(deadline)
		got, err := l.Read(buf[n:])
		c.heard.Store(now())
		if got > 0 && !c.serve(buf[:n+got]) {
			return
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.release()
			return
		case err != nil:
			c.cut(err)
			return
		}
	}
}

// drainLink reads what comes in the last phase.
func (c *Conn) drainLink() {
	buf := linkBuffers.get()
	defer linkBuffers.put(buf)
	c.link().SetReadDeadline(time.Now().Add(once))
	n, err := c.link().Read(buf[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseLast {
		c.drained(n, err != nil && !errors.Is(err, os.ErrDeadlineExceeded))
	}
}
