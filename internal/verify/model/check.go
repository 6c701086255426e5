package model

import "fmt"

// check returns which property s violates, or nothing.
func (m *model) check(s *state) string {
	if s.reader.missed {
		return "P2: a reader that takes its time misses a client"
	}
	for n := range uint8(maxNodes) {
		if broken := m.checkNode(s, n); broken != "" {
			return broken
		}
	}
	if m.quiet(s) {
		return m.checkQuiet(s)
	}
	return ""
}

func (m *model) checkNode(s *state, n uint8) string {
	self := &s.node[n]
	if !self.started {
		return ""
	}
	if broken := m.checkWhole(s, n); broken != "" {
		return broken
	}
	if self.past.hurt || self.life != up {
		return ""
	}
	return m.checkHealthy(s, n)
}

// checkHealthy holds for a node that no fault has touched, whatever happens to
// the others: once Attach has returned the client is seen (P2), and once Detach
// has, it is not (P4). A name may miss for a moment in the list of nodes while
// another node joins: those who read the list then do not see the node.
func (m *model) checkHealthy(s *state, n uint8) string {
	self := &s.node[n]
	unsettled := s.unsettled(n)
	listed := s.cache[nodesKey]&(1<<n) != 0
	for slot := range m.slots() {
		c := self.client[slot]
		seen := m.lookup(s, n, slot)
		if self.back&(1<<slot) != 0 {
			switch user, online := m.byUser(s, n, c&1, slot); {
			case seen != c:
				return fmt.Sprintf("P2: no lookup finds the client in slot %d of node %d", slot, n)
			case listed && m.all(s, n, slot) != c:
				return fmt.Sprintf("P2: no list has the client in slot %d of node %d", slot, n)
			case listed && !online:
				return fmt.Sprintf("P2: the user in slot %d of node %d is not online", slot, n)
			case listed && user != c:
				return fmt.Sprintf("P2: the client in slot %d of node %d is not found by its user", slot, n)
			}
		}
		if seen != c && seen != 0 && unsettled&(1<<(pageKey+slot/m.perPage)) == 0 {
			return fmt.Sprintf("P4: a client that is gone is seen in slot %d of node %d", slot, n)
		}
	}
	return m.checkOffline(s, n)
}

// checkOffline is P4 for users: one without clients is not online once every
// Detach has returned.
func (m *model) checkOffline(s *state, n uint8) string {
	if s.unsettled(n) != 0 {
		return ""
	}
	for u := range m.users {
		for page := range m.pages {
			if _, online := m.byUser(s, n, u, page*m.perPage); online && !m.hasUser(s, n, u, page) {
				return fmt.Sprintf("P4: user %d of node %d is still online", u, n)
			}
		}
	}
	return ""
}

func (m *model) hasUser(s *state, n, u, page uint8) bool {
	for i := range m.perPage {
		if c := s.node[n].truth(page*m.perPage + i); c != 0 && c&1 == u {
			return true
		}
	}
	return false
}

// truth returns the client in a slot, as far as others should see it.
func (n *node) truth(slot uint8) uint8 {
	if n.life == leaving {
		return 0
	}
	return n.client[slot]
}

// checkWhole is P3: under a lease of a heartbeat that began after a loss, every
// client is seen whose Attach has returned. Single keys that were evicted, or
// whose writes failed, are another matter.
func (m *model) checkWhole(s *state, n uint8) string {
	self := &s.node[n]
	lease, ok := m.seesLease(s, n)
	if !ok || self.past.leaseBlind {
		return ""
	}
	for slot := range m.slots() {
		c, page := self.client[slot], slot/m.perPage
		keys := 1<<(pageKey+page) | m.listsOf(self, c&1)
		if self.back&(1<<slot) == 0 || self.past.doubt&keys != 0 {
			continue
		}
		if m.onPage(s, n, slot) != c || page >= coverOf(lease) || !m.inList(s, n, c&1, page, levelOf(lease)) {
			return fmt.Sprintf("P3: node %d is seen without the client in its slot %d", n, slot)
		}
	}
	return ""
}

// quiet reports whether everything has come to rest: the faults are over, every
// node has had two heartbeats since anything changed, and nothing is on its way
// or in doubt.
func (m *model) quiet(s *state) bool {
	if s.net[0].status != nothing || s.reader.phase != 0 {
		return false
	}
	for i := range s.node {
		n := &s.node[i]
		switch {
		case n.life == paused:
			return false
		case !n.started || n.life == leaving:
			if n.dirty != 0 || s.at(uint8(i), leaseKey) != 0 {
				return false
			}
		case n.dirty|n.open|n.closing != 0, n.beat != idle, n.past.calm < 2, n.past.evicted && m.sweep:
			return false
		}
	}
	return true
}

// checkQuiet is P1: what is read is what the live nodes hold, no more and no
// less.
func (m *model) checkQuiet(s *state) string {
	for n := range uint8(maxNodes) {
		for slot := range m.slots() {
			c := s.node[n].truth(slot)
			if got := m.lookup(s, n, slot); got != c {
				return fmt.Sprintf("P1: at rest, slot %d of node %d has client %d, and %d is found by id", slot, n, c>>1, got>>1)
			}
			if got := m.all(s, n, slot); got != c {
				return fmt.Sprintf("P1: at rest, slot %d of node %d has client %d, and %d is listed", slot, n, c>>1, got>>1)
			}
			for u := range m.users {
				got, online := m.byUser(s, n, u, slot)
				if online != m.hasUser(s, n, u, slot/m.perPage) || c&1 == u && got != c {
					return fmt.Sprintf("P1: at rest, the lists are wrong about user %d of node %d", u, n)
				}
			}
		}
	}
	return ""
}
