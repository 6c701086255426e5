package wsconn

import (
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"
)

// A loop waits for the sockets of many connections at once, and serves those that
// have something to say, one after the other.
//
// Invariant: a loop is a role, not a goroutine. At any time one runner has it; one
// whose handler takes long loses it to another, and ends when it is done with the
// connection it is at, whose turn it has. So a handler may block, and need not say
// so.
type loop struct {
	server *Server
	table
	poller *poller // nil where every connection has its own goroutine

	// section is which connection the runner is at, by a number that grows: 0 while
	// it is at none. Who sees the same number for too long takes the loop away by
	// replacing it.
	section  atomic.Uint64
	sections atomic.Uint64 // so far
	at       atomic.Pointer[Conn]
	woken    atomic.Uint64 // how often the runner had something to do
	seen     uint64        // the section of the overseer's last look
}

// newLoops returns one loop for each processor. Where there is no poller, it is one
// for all connections.
func newLoops(s *Server) []*loop {
	var loops []*loop
	for range runtime.GOMAXPROCS(0) {
		l := &loop{server: s}
		var err error
		if portableOnly {
			err = errNoPoller
		} else {
			l.poller, err = newPoller()
		}
		if err != nil {
			if err != errNoPoller {
				s.Logger.Warn("wsconn: no event loop, each connection gets a goroutine", slog.Any("err", err))
			}
			l.poller = nil
			return append(loops, l)
		}
		loops = append(loops, l)
	}
	return loops
}

// portableOnly is for tests.
var portableOnly = false

// pick returns the loop for the next connection.
func (s *Server) pick() *loop {
	return s.loops[s.next.Add(1)%uint64(len(s.loops))]
}

// all returns the connections of this moment, from being accepted to being closed.
func (s *Server) all() []*Conn {
	var conns []*Conn
	for _, l := range s.loops {
		conns = l.all(conns)
	}
	return conns
}

// oversee takes loops away from runners that take too long, and sees that the crew
// keeps up. It sleeps while nothing happens.
func (s *Server) oversee() {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for idle := 0; ; {
		select {
		case <-s.stopped:
			return
		case <-ticker.C:
		}
		woken := s.woken()
		busy := s.crew.look()
		for _, l := range s.loops {
			busy = l.look() || busy
		}
		if busy || s.woken() != woken {
			idle = 0
		}
		if idle++; idle < 100 {
			continue
		}
		ticker.Stop()
		if !s.sleep(woken) {
			return
		}
		ticker.Reset(lookInterval)
		idle = 0
	}
}

// woken is how often something has happened.
func (s *Server) woken() (n uint64) {
	for _, l := range s.loops {
		n += l.woken.Load()
	}
	return n
}

// sleep waits until something happens, and reports false when the server ends.
func (s *Server) sleep(woken uint64) bool {
	s.asleep.Store(true)
	if (s.woken() != woken || s.crew.busy()) && s.asleep.CompareAndSwap(true, false) {
		return true
	}
	select {
	case <-s.stopped:
		return false
	case <-s.alarm:
		return true
	}
}

// rouse wakes the overseer.
func (s *Server) rouse() {
	if s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
		s.alarm <- struct{}{}
	}
}

// look takes the loop away from a runner that is at the same connection as the last
// time, and reports whether it is at one.
func (l *loop) look() (busy bool) {
	section := l.section.Load()
	same := section != 0 && section == l.seen
	l.seen = section
	if !same || !l.section.CompareAndSwap(section, 0) {
		return section != 0
	}
	l.server.handOff.Store(int64(time.Since(processStart) + handOffTime))
	if c := l.at.Load(); c != nil {
		c.uncork()
	}
	l.start()
	return true
}

// handOffTime is how long a server hands messages to the crew at once, after a
// handler has taken long: they are likely to do so again.
const handOffTime = time.Second

// uncork writes what a handler that takes long has written so far.
func (c *Conn) uncork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = false
	c.flush()
}
