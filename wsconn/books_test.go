package wsconn

// Books is what a server has written down of its connections, for tests.
type Books struct {
	Slots   int   // in use, in the tables of all loops
	Used    int   // slots that were ever used
	Found   int   // connections that can be found by an id
	Pending int64 // connections at their handshake
	Counted int   // connections counted by their address
	Changes int   // of who is behind a connection
}

// Empty reports whether nothing is left of anybody.
func (b Books) Empty() bool {
	b.Used = 0
	return b == Books{}
}

// Books returns what is written down at this moment.
func (s *Server) Books() (b Books) {
	s.init() // which Serve may be about to do
	for _, l := range s.loops {
		l.mu.Lock()
		b.Slots += l.count
		b.Used += int(l.used)
		l.mu.Unlock()
	}
	s.addresses.mu.Lock()
	b.Counted = len(s.addresses.of) + len(s.addresses.counts)
	s.addresses.mu.Unlock()
	s.changes.mu.Lock()
	b.Changes = len(s.changes.underWay) + len(s.changes.before)
	s.changes.mu.Unlock()
	b.Found, b.Pending = s.index.count(), s.pending.Load()
	return b
}

// Waiting returns how many bytes wait to be written, as they are weighed.
func (c *Conn) Waiting() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		return 0
	}
	for _, ch := range c.out.queue {
		n += weight(ch.b)
	}
	return n + len(c.out.batch)
}

// Woken returns how often a loop had something to do.
func (s *Server) Woken() (n uint64) {
	s.init()
	for _, l := range s.loops {
		n += l.sections.Load()
	}
	return n
}
