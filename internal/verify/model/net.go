package model

// mayWrite reports whether node n can send its key k now.
func (m *model) mayWrite(s *state, n, k uint8) bool {
	if s.node[n].dirty&(1<<k) == 0 || s.full(m.net) {
		return false
	}
	inFlight := 0
	for _, msg := range s.net {
		if msg.status == flying && msg.from == n && msg.key%nodeKeys == k && msg.key != nodesKey {
			inFlight++
		}
	}
	return inFlight == 0 || !m.oneInFlight && inFlight < 2
}

func (s *state) full(limit uint8) bool { return s.net[limit-1].status != nothing }

// write sends what node n holds under its key k.
func (m *model) write(s *state, n, k uint8) {
	self := &s.node[n]
	self.dirty &^= 1 << k
	self.used |= 1 << k
	msg := message{flying, cacheKey(n, k), m.wanted(s, n, k), 0xff, n}
	switch {
	case k < listKey && !m.wholeState:
		msg.mask = m.differences(self, k-pageKey)
	case k >= listKey && !m.oneWriter:
		// The lists of all nodes are those of node 0. The others' parts are as
		// they are in the cache now, though perhaps no more when this arrives.
		msg.key = cacheKey(0, k)
		part := m.part(n)
		msg.value = s.cache[msg.key]&^part | msg.value&part
	}
	s.send(msg)
}

// differences takes the slots of a page that changed since the last write, and
// returns their bits.
func (m *model) differences(n *node, page uint8) (mask uint8) {
	for i := range m.perPage {
		slot := page*m.perPage + i
		if n.changed&(1<<slot) != 0 {
			mask |= (1<<slotBits - 1) << (slotBits * i)
		}
		n.changed &^= 1 << slot
	}
	return mask
}

func (s *state) send(msg message) {
	for i := range s.net {
		if s.net[i].status == nothing {
			s.net[i] = msg
			return
		}
	}
	panic("model: the net is full")
}

// sortNet brings the messages into an order, so that states do not differ in
// the places of their messages alone.
func (s *state) sortNet() {
	for i := 1; i < len(s.net); i++ {
		for j := i; j > 0 && s.net[j].before(s.net[j-1]); j-- {
			s.net[j], s.net[j-1] = s.net[j-1], s.net[j]
		}
	}
}

func (a message) before(b message) bool { return a.rank() > b.rank() }

func (a message) rank() uint64 {
	return uint64(a.status)<<32 | uint64(a.key)<<24 | uint64(a.value)<<16 | uint64(a.mask)<<8 | uint64(a.from)
}

// move lets one message arrive, fail or vanish.
func (m *model) move(s *state, a action) {
	msg := s.net[a.arg]
	s.net[a.arg] = message{}
	late := msg
	late.status = orphan
	switch a.kind {
	case deliver:
		m.arrive(s, msg)
		m.succeed(s, msg)
	case arrive:
		m.arrive(s, msg)
	case fail:
		s.left[failures]--
		m.failed(s, msg)
	case failApplied:
		s.left[failures]--
		m.arrive(s, msg)
		m.failed(s, msg)
	case failLate:
		s.left[lates]--
		s.net[a.arg] = late
		m.failed(s, msg)
	}
}

// arrive changes the cache.
func (m *model) arrive(s *state, msg message) {
	if m.budget[fallbacks] > 0 {
		s.undo = undo{msg.key, s.cache[msg.key], s.left[fallbacks] > 0}
	}
	s.cache[msg.key] = s.cache[msg.key]&^msg.mask | msg.value&msg.mask
	if msg.key == cacheKey(msg.from, leaseKey) {
		past := &s.node[msg.from].past
		past.leaseBlind = past.blind || msg.status == orphan
		past.leaseOld = s.node[msg.from].life >= leaving
	}
}

// succeed tells the writer of msg that it arrived.
func (m *model) succeed(s *state, msg message) {
	n := &s.node[msg.from]
	switch k := msg.key % nodeKeys; {
	case msg.key == nodesKey:
		n.joined = true
		m.prepare(s, msg.from)
	case k == leaseKey && n.life == leaving:
		n.dirty |= m.held(s, msg.from)
	case k == leaseKey:
		m.renewed(s, msg.from, msg.value)
	case k == markKey && m.markFirst:
		n.dirty |= m.held(s, msg.from)
		n.beat = ready
	case k == markKey:
	case msg.value == 0 && !m.watchEmptied:
		n.open &^= 1 << k
		n.closing &^= 1 << k
	}
}

// failed tells the writer of msg that nobody knows what became of it.
func (m *model) failed(s *state, msg message) {
	n := &s.node[msg.from]
	n.past.hurt = true
	s.resetReader(msg.from)
	switch k := msg.key % nodeKeys; {
	case msg.key == nodesKey:
		m.prepare(s, msg.from)
	case k == leaseKey && n.life == leaving:
		m.crash(s, msg.from) // the lease ends by itself
	case k == leaseKey:
		n.cover, n.beat = 0, idle
	case k == markKey:
		n.beat = idle
	default:
		m.doubt(n, k, msg)
	}
}

// doubt keeps the key of a failed write in mind.
func (m *model) doubt(n *node, k uint8, msg message) {
	n.past.doubt |= 1 << k
	if m.readBack {
		n.open |= 1 << k
		n.closing &^= 1 << k
	}
	if !m.retry {
		return
	}
	n.dirty |= 1 << k
	for i := range m.perPage {
		if k < listKey && msg.mask != 0xff && msg.mask>>(slotBits*i)&1 != 0 {
			n.changed |= 1 << (k*m.perPage + i)
		}
	}
}
