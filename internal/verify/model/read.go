package model

// What a reader sees that asks for everything at once.

// seesLease returns the lease of node n.
func (m *model) seesLease(s *state, n uint8) (lease uint8, ok bool) {
	lease = s.at(n, leaseKey)
	return lease, lease != 0
}

// onPage returns who the cache has in a slot of node n.
func (m *model) onPage(s *state, n, slot uint8) uint8 {
	page := s.at(n, pageKey+slot/m.perPage)
	return page >> (slotBits * (slot % m.perPage)) & (1<<slotBits - 1)
}

// lookup returns the client that is found by its id.
func (m *model) lookup(s *state, n, slot uint8) uint8 {
	if _, ok := m.seesLease(s, n); !ok && m.leaseFilter {
		return 0
	}
	return m.onPage(s, n, slot)
}

// all returns the client that is found by going through the pages.
func (m *model) all(s *state, n, slot uint8) uint8 {
	lease, ok := m.seesLease(s, n)
	if !ok || s.cache[nodesKey]&(1<<n) == 0 || slot/m.perPage >= coverOf(lease) {
		return 0
	}
	return m.onPage(s, n, slot)
}

// byUser returns the client that is found by way of the lists, and online
// whether the lists have the page for the user at all.
func (m *model) byUser(s *state, n, u, slot uint8) (client uint8, online bool) {
	lease, ok := m.seesLease(s, n)
	if !ok || s.cache[nodesKey]&(1<<n) == 0 {
		return 0, false
	}
	if !m.inList(s, n, u, slot/m.perPage, levelOf(lease)) {
		return 0, false
	}
	if client = m.onPage(s, n, slot); client&1 != u {
		client = 0
	}
	return client, true
}

func (m *model) inList(s *state, n, u, page, level uint8) bool {
	k := uint8(listKey)
	if level > 0 {
		k += 1 + u
	}
	if !m.oneWriter {
		return s.at(0, k)&(1<<m.shift(n, u, page)) != 0
	}
	return s.at(n, k)&(1<<m.shift(n, u, page)) != 0
}

// A reader looks for the clients of node 0, one key at a time. It takes less
// than a lease.
type reader struct {
	phase  uint8 // how many keys it has read
	level  uint8
	must   uint8 // slots that it must find: their Attach returned before it began
	missed bool
}

func (r *reader) looksForOldLists(n uint8) bool { return n == 0 && r.phase == 1 && r.level == 0 }

// resetReader stops the reader when node n has been hurt, because it need not
// find anything then.
func (s *state) resetReader(n uint8) {
	if n == 0 {
		s.reader = reader{}
	}
}

func (m *model) readerActions(s *state, to []action) []action {
	switch n := &s.node[0]; {
	case !m.reader:
	case s.reader.phase == 0 && n.life == up && !n.past.hurt && n.back != 0:
		to = append(to, action{kind: readLease})
	case s.reader.phase == 1:
		to = append(to, action{kind: readList})
	case s.reader.phase == 2:
		to = append(to, action{kind: readPages})
	}
	return to
}

func (m *model) read(s *state, k kind) {
	r := &s.reader
	switch k {
	case readLease:
		lease, ok := m.seesLease(s, 0)
		*r = reader{phase: 1, level: levelOf(lease), must: s.node[0].back, missed: !ok}
		return
	case readList:
		r.phase = 2
	case readPages:
		r.phase = 0
	}
	for slot := range m.slots() {
		if r.must&(1<<slot) == 0 {
			continue
		}
		c := s.node[0].client[slot]
		if k == readList && !m.inList(s, 0, c&1, slot/m.perPage, r.level) || k == readPages && m.onPage(s, 0, slot) != c {
			r.missed = true
		}
	}
	if k == readPages && !r.missed {
		*r = reader{}
	}
}
