package model

// beginBeat is the first step of a heartbeat: it finds out whether the node is
// lost, that is, whether the cache may lack what the node has written.
func (m *model) beginBeat(s *state, n uint8) {
	self := &s.node[n]
	switch {
	case m.mark && s.at(n, markKey) != self.mark,
		m.leaseGone && self.renewed && s.at(n, leaseKey) == 0,
		m.ownClock && self.late:
		self.lost = true
	}
	self.past.beatLate, self.past.blind = false, false
	self.beat = begun
}

// readNodes is the second step: it reads the list of nodes, and if it has to
// add itself, it leaves out those without a lease.
func (m *model) readNodes(s *state, n uint8) {
	self := &s.node[n]
	nodes := s.cache[nodesKey]
	switch {
	case nodes&(1<<n) != 0:
		self.joined = true
		m.prepare(s, n)
		return
	case self.joined && m.nameGone:
		self.lost = true
	}
	if self.joined && !m.rejoin {
		m.prepare(s, n)
		return
	}
	for other := range uint8(maxNodes) {
		if s.at(other, leaseKey) == 0 {
			nodes &^= 1 << other
		}
	}
	self.beat = joining
	s.send(message{flying, nodesKey, nodes | 1<<n, 0xff, n})
}

// prepare is what comes before the lease. A lost node marks the cache first: if
// the mark is there later on, so is everything that was written after it. The
// number in it tells it from a mark of an earlier attempt that arrives late.
func (m *model) prepare(s *state, n uint8) {
	self := &s.node[n]
	switch {
	case self.lost && m.mark && m.markFirst:
		self.beat = marking
		m.writeMark(s, n)
	case self.lost:
		self.dirty |= m.held(s, n)
		self.beat = ready
	default:
		self.beat = ready
	}
}

func (m *model) writeMark(s *state, n uint8) {
	self := &s.node[n]
	if m.markNumber || self.mark == 0 {
		self.mark++
	}
	s.send(message{flying, cacheKey(n, markKey), self.mark, 0xff, n})
}

// mayRenew reports whether node n may write its lease: a lost node is not seen
// until everything is written again, rather than seen in part.
func (m *model) mayRenew(s *state, n uint8) bool {
	whole := !s.node[n].lost || s.unsettled(n) == 0
	return whole || !m.pagesBeforeLease
}

// renew is the last step of a heartbeat.
func (m *model) renew(s *state, n uint8) {
	self := &s.node[n]
	for k := uint8(0); k < leaseKey; k++ {
		inDoubt := (self.open|self.closing)&(1<<k) != 0
		if inDoubt && s.unsettled(n)&(1<<k) == 0 && s.at(n, k) != m.wanted(s, n, k) {
			self.dirty |= 1 << k
		}
	}
	self.closing = 0
	if self.lost && m.mark && !m.markFirst {
		m.writeMark(s, n)
	}
	cover := m.coverFor(s, n)
	self.cover = min(self.cover, cover)
	self.beat = renewing
	s.send(message{flying, cacheKey(n, leaseKey), leaseValue(cover, m.levelFor(s, n)), 0xff, n})
}

// renewed ends a heartbeat that went well.
func (m *model) renewed(s *state, n, lease uint8) {
	self := &s.node[n]
	self.beat = idle
	self.lost, self.renewed = false, true
	self.late = self.past.beatLate
	self.cover = coverOf(lease)
	m.changedLevel(s, n, levelOf(lease))
	if !self.past.blind && self.past.calm < 2 {
		self.past.calm++
	}
}
