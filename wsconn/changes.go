package wsconn

import (
	"sync"

	"github.com/rollcall-go/rollcall/firewall"
)

// changes are the changes of who is behind connections that are under way.
//
// Invariant: one connection changes once at a time, and not at all after it has left;
// so of the clients that it was, the last is detached by finish, and the others by the
// change. A connection costs nothing here while it does not change.
type changes struct {
	mu       sync.Mutex
	underWay map[*Conn]chan struct{}      // closed when it is done
	before   map[*Conn]*firewall.Identity // who it was before what the handler is yet to be told
}

// begin waits for its turn to change a connection. It reports false if that has left.
func (ch *changes) begin(c *Conn) bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.wait(c)
	if c.left {
		return false
	}
	if ch.underWay == nil {
		ch.underWay = make(map[*Conn]chan struct{})
	}
	ch.underWay[c] = make(chan struct{})
	return true
}

// wait waits until no change of c is under way. The caller holds ch.mu.
func (ch *changes) wait(c *Conn) {
	for {
		done := ch.underWay[c]
		if done == nil {
			return
		}
		ch.mu.Unlock()
		<-done
		ch.mu.Lock()
	}
}

func (ch *changes) end(c *Conn) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	close(ch.underWay[c])
	delete(ch.underWay, c)
}

// leave waits for a change that is under way, and lets no other begin.
func (ch *changes) leave(c *Conn) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	c.left = true
	ch.wait(c)
	delete(ch.before, c)
}

// note notes who a connection was, and reports whether that is the first change of
// which the handler does not know.
func (ch *changes) note(c *Conn, was *firewall.Identity) (first bool) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if c.left || ch.before[c] != nil {
		return false
	}
	if ch.before == nil {
		ch.before = make(map[*Conn]*firewall.Identity)
	}
	ch.before[c] = was
	return true
}

// noted returns who a connection was, and forgets it.
func (ch *changes) noted(c *Conn) *firewall.Identity {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	was := ch.before[c]
	delete(ch.before, c)
	return was
}
