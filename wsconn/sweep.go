package wsconn

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/gobwas/ws"
)

// Sweep looks after everything that should have happened by a time: handshakes, pings,
// writes, closes.
//
// Invariant: no connection has a timer. Its slot says when it is due at the earliest;
// whoever brings an earlier time about calls wake, and a later one is found when it is
// looked at. So a sweep over a million idle connections reads 16 MB in a row, and no
// connection.

var (
	// errSilent says that a client did not answer a ping.
	errSilent = errors.New("wsconn: the client has gone silent")
	// errStuck says that a client took nothing for Limits.WriteTimeout.
	errStuck = fmt.Errorf("wsconn: write: the client takes no bytes: %w", os.ErrDeadlineExceeded)
)

// sweepLoop looks at those that are due until the server ends.
func (s *Server) sweepLoop() {
	ticker := time.NewTicker(s.limits.tick())
	defer ticker.Stop()
	var conns []*Conn
	for {
		select {
		case <-s.stopped:
			return
		case <-ticker.C:
		}
		at := now()
		for _, l := range s.loops {
			for page, some := 0, true; some; page++ {
				conns, some = l.due(conns[:0], page, at)
				for _, c := range conns {
					c.check(at)
				}
				clear(conns)
			}
		}
	}
}

// check does what is due for a connection.
func (c *Conn) check(at uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase {
	case phaseRequest:
		c.checkRequest(at)
	case phaseOpen:
		c.checkOpen(at)
	case phaseLast:
		if !before(at, c.ending().due) {
			c.closeSocket()
			return
		}
	}
	if next, some := c.next(at); some {
		c.loop.wake(c, next)
	}
}

// checkRequest refuses a handshake that is not complete in time.
func (c *Conn) checkRequest(at uint32) {
	if c.busy || before(at, after(c.spoke.Load(), c.loop.server.limits.HandshakeTimeout)) {
		return
	}
	c.busy = true
	c.refuseWith(emptyResponse(http.StatusRequestTimeout))
}

// checkOpen pings the silent, and drops the dead. While the turn is taken, it is the
// server that does not listen.
func (c *Conn) checkOpen(at uint32) {
	l := &c.loop.server.limits
	if c.link() == nil && c.out != nil && len(c.out.queue) > 0 && !before(at, after(c.out.since, l.WriteTimeout)) {
		c.fault(errStuck)
		return
	}
	if c.ending() != nil {
		if !before(at, c.ending().due) && c.want(wantEnd) {
			c.loop.server.crew.do(c.release)
		}
		return
	}
	if c.busy {
		return
	}
	if l.IdleTimeout > 0 && !before(at, after(c.spoke.Load(), l.IdleTimeout)) {
		c.end(CloseError{StatusIdle, "idle"})
		return
	}
	if l.PingInterval > 0 {
		c.checkPing(at, l.PingInterval)
	}
}

// checkPing pings a client that was silent for an interval, and drops it after another
// one.
func (c *Conn) checkPing(at uint32, interval time.Duration) {
	switch {
	case before(at, after(c.heard.Load(), interval)):
	case c.pinged:
		c.fault(errSilent)
	default:
		c.pinged = true
		c.heard.Store(at)
		_ = c.put(first(ws.OpPing), nil)
	}
}

// next returns when the connection is due next, if ever. The caller holds c.mu.
func (c *Conn) next(at uint32) (next uint32, some bool) {
	l := &c.loop.server.limits
	consider := func(t uint32) {
		if before(t, at+1) { // somebody has the turn: look again soon
			t = after(at, l.tick())
		}
		if !some || before(t, next) {
			next, some = t, true
		}
	}
	switch c.phase {
	case phaseRequest:
		consider(after(c.spoke.Load(), l.HandshakeTimeout))
	case phaseOpen:
		if c.ending() != nil {
			consider(c.ending().due)
		}
		if c.link() == nil && c.out != nil && len(c.out.queue) > 0 {
			consider(after(c.out.since, l.WriteTimeout))
		}
		if l.IdleTimeout > 0 {
			consider(after(c.spoke.Load(), l.IdleTimeout))
		}
		if l.PingInterval > 0 {
			consider(after(c.heard.Load(), l.PingInterval))
		}
	case phaseLast:
		consider(c.ending().due)
	}
	return next, some
}

// tick is how often to sweep: an eighth of the shortest time there is to keep. Lingering
// may last a quarter longer, so that an idle server has fewer ticks.
func (l *Limits) tick() time.Duration {
	shortest := min(l.HandshakeTimeout, l.WriteTimeout, l.CloseTimeout, 2*lingerTime)
	for _, d := range []time.Duration{l.PingInterval, l.IdleTimeout} {
		if d > 0 {
			shortest = min(shortest, d)
		}
	}
	return min(max(shortest/8, 10*time.Millisecond), time.Second)
}
