package wsconn

import (
	"log/slog"
	"runtime"
	"sync/atomic"
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

	// Of the overseer's last look:
	seen    uint64 // the section
	counted uint64 // how many there were
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
		if err != nil && len(loops) > 0 {
			s.Logger.Warn("wsconn: fewer event loops than processors", "err", err)
			return loops
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
