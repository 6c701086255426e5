package model

// A node keeps lists of its users: one at the old level, two at the new. User u
// is in list u of the new level.

// part returns the bits of node n in a list that all nodes share.
func (m *model) part(n uint8) uint8 {
	bits := uint8(m.users * maxPages)
	return (1<<bits - 1) << (n * bits)
}

// shift returns where the bit of a user's page is in a list of node n.
func (m *model) shift(n, u, page uint8) uint8 {
	if m.oneWriter {
		n = 0
	}
	return n*m.users*maxPages + u*maxPages + page
}

// listsOf returns the lists that a change of a client of user u goes to.
func (m *model) listsOf(n *node, u uint8) uint8 {
	newList := uint8(1 << (listKey + 1 + u))
	switch {
	case n.stage == oldLevel:
		return oldListsMask
	case n.stage == newLevel || !m.bothLevels:
		return newList
	}
	return newList | oldListsMask
}

// listOf returns list i of node n: list 0 is that of the old level.
func (m *model) listOf(s *state, n, i uint8) (value uint8) {
	self := &s.node[n]
	if i == 0 && self.stage == newLevel || i > 0 && self.stage == oldLevel {
		return 0
	}
	for slot := range m.slots() {
		c := self.client[slot]
		if c != 0 && (i == 0 || c&1 == i-1) {
			value |= 1 << m.shift(n, c&1, slot/m.perPage)
		}
	}
	return value
}

// grow begins to write the lists of the new level.
func (m *model) grow(s *state, n uint8) {
	s.node[n].stage = growing
	s.node[n].dirty |= m.held(s, n) & newListsMask
}

// levelFor returns the level that the next lease of node n names.
func (m *model) levelFor(s *state, n uint8) uint8 {
	switch stage := s.node[n].stage; {
	case stage >= switched:
		return 1
	case stage == growing && (s.unsettled(n)&newListsMask == 0 || !m.listsBeforeLease):
		return 1
	}
	return 0
}

// changedLevel notes that the cache has a lease that names level.
func (m *model) changedLevel(s *state, n, level uint8) {
	if level == 0 || s.node[n].stage != growing {
		return
	}
	s.node[n].stage = switched
	if !m.deleteLater {
		m.dropOldLists(s, n)
	}
}

func (m *model) dropOldLists(s *state, n uint8) {
	s.node[n].stage = newLevel
	s.node[n].dirty |= oldListsMask
}
