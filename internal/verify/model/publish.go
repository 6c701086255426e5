package model

import "math/bits"

func (m *model) freeSlot(n *node) uint8 {
	for slot := range m.slots() {
		if n.client[slot] == 0 {
			return slot
		}
	}
	return m.slots()
}

// attach puts a client of user u into the lowest free slot of node n.
func (m *model) attach(s *state, n, u uint8) {
	self := &s.node[n]
	if !self.started {
		self.life, self.started, self.lost = up, true, m.beginLost
	}
	slot := m.freeSlot(self)
	s.clients++
	self.client[slot] = s.clients<<1 | u
	m.touch(self, slot, u)
}

func (m *model) detach(s *state, n, slot uint8) {
	self := &s.node[n]
	u := self.client[slot] & 1
	self.client[slot] = 0
	self.back &^= 1 << slot
	m.touch(self, slot, u)
	if n == 0 {
		s.reader.must &^= 1 << slot
	}
}

// touch notes that the page and the lists of a client have changed.
func (m *model) touch(n *node, slot, u uint8) {
	n.changed |= 1 << slot
	n.dirty |= 1<<(pageKey+slot/m.perPage) | m.listsOf(n, u)
}

// wanted returns what node n wants the cache to have under its key k.
func (m *model) wanted(s *state, n, k uint8) uint8 {
	if s.node[n].life == leaving {
		return 0
	}
	return m.holds(s, n, k)
}

// holds returns what node n has for its key k.
func (m *model) holds(s *state, n, k uint8) uint8 {
	if k < listKey {
		return m.pageOf(&s.node[n], k-pageKey)
	}
	return m.listOf(s, n, k-listKey)
}

func (m *model) pageOf(n *node, page uint8) (value uint8) {
	if page >= m.pages {
		return 0
	}
	for i := range m.perPage {
		value |= n.client[page*m.perPage+i] << (slotBits * i)
	}
	return value
}

// held returns the keys of node n that a lost node and a sweep write again:
// those with something in them, and those in doubt.
func (m *model) held(s *state, n uint8) uint8 {
	keys := s.node[n].open | s.node[n].closing
	for k := uint8(0); k < leaseKey; k++ {
		if m.holds(s, n, k) != 0 {
			keys |= 1 << k
		}
	}
	return keys
}

// sweepAll lets node n write everything again.
func (m *model) sweepAll(s *state, n uint8) {
	self := &s.node[n]
	self.past.evicted = false
	self.dirty |= m.held(s, n)
	if m.sweepEmpty {
		self.dirty |= self.used
	}
}

// returnAttaches lets every Attach return that has nothing more to wait for.
func (m *model) returnAttaches(s *state) {
	for i := range s.node {
		n := &s.node[i]
		if n.life != up || !n.renewed || !n.joined {
			continue
		}
		unsettled := s.unsettled(uint8(i))
		for slot := range m.slots() {
			page, c := slot/m.perPage, n.client[slot]
			covered := page < n.cover || !m.coverWait
			if c != 0 && covered && unsettled&(1<<(pageKey+page)|m.listsOf(n, c&1)) == 0 {
				n.back |= 1 << slot
			}
		}
	}
}

// coverFor returns how many pages the next lease of node n covers: up to the
// last that has something in it, rounded up to a power of two.
func (m *model) coverFor(s *state, n uint8) uint8 {
	used := bits.Len8((m.held(s, n) | s.unsettled(n)) & pageMask)
	if used == 0 {
		return 0
	}
	return 1 << bits.Len8(uint8(used-1))
}
