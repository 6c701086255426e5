package model

// withdraw is Close, which waits until no heartbeat and no write is on its way.
// It does not take the node's name out of the list of nodes, nor its mark out
// of the cache: both are harmless without a lease.
func (m *model) withdraw(s *state, n uint8) {
	self := &s.node[n]
	self.life = leaving
	self.dirty = 0
	self.past.leaseOld = true
	s.resetReader(n)
	if !m.closeLeaseFirst {
		self.dirty = m.held(s, n)
	}
	s.send(message{flying, cacheKey(n, leaseKey), 0, 0xff, n})
}
