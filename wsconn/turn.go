package wsconn

import (
	"fmt"
	"runtime/debug"

	"github.com/gobwas/ws"
)

// The turn.
//
// Invariant: at any time at most one goroutine has the turn of a connection. It
// alone reads the socket, takes frames apart, calls the handler and ends the
// connection, so all of that comes one after the other, in whatever goroutine.
// Who wants something of a connection whose turn somebody else has leaves a note
// in wants, and the owner sees to it before it gives the turn back.

// wants are the notes for the owner of the turn.
type wants uint8

const (
	wantRead wants = 1 << iota // there is something to read
	wantTell                   // the handler is to be told of another identity
	wantEnd                    // the connection is to end; ending says why
)

// want leaves a note, and takes the turn if nobody has it. The caller holds c.mu.
// If it gets the turn, it must see that somebody calls release.
func (c *Conn) want(w wants) (mine bool) {
	c.wants |= w
	if c.busy || c.phase >= phaseLast {
		return false
	}
	c.busy = true
	return true
}

// release gives the turn back, after all that was asked of the owner is done.
func (c *Conn) release() {
	for {
		c.mu.Lock()
		w := c.wants
		c.wants &= wantRead
		switch {
		case c.phase >= phaseLast:
			c.mu.Unlock()
			return
		case w&wantEnd != 0:
			c.corked = false
			c.mu.Unlock()
			c.finish(errLost)
			return
		case w&wantTell != 0 && c.phase == phaseOpen:
			c.mu.Unlock()
			c.tell()
			continue
		}
		c.corked = false
		c.flush()
		if c.wants&^wantRead != 0 { // writing has failed
			c.mu.Unlock()
			continue
		}
		c.listen()
		c.mu.Unlock()
		return
	}
}

// listen lets the client be heard again. The caller holds c.mu and gives up the
// turn with it.
func (c *Conn) listen() {
	c.heard.Store(now())
	read := c.wants&wantRead != 0
	c.wants &^= wantRead
	if c.link() != nil && c.link().turns != nil {
		if read { // its goroutine waits: the turn is its own now
			c.link().turns <- struct{}{}
			return
		}
		c.busy = false
		return
	}
	c.busy, c.deaf = false, false
	c.arm()
}

// guard calls a handler and keeps its panics away from the other connections.
func (c *Conn) guard(handler func()) {
	defer c.recovered()
	handler()
}

// recovered is deferred around a handler.
func (c *Conn) recovered() {
	if v := recover(); v != nil {
		c.loop.server.Logger.Error("wsconn: a handler panicked", "panic", v, "stack", string(debug.Stack()))
		c.fail(CloseError{ws.StatusInternalServerError, "internal error"})
	}
}

// errLost ends a connection for which c.ending() has a better reason.
var errLost = fmt.Errorf("wsconn: %w", ErrClosed)
