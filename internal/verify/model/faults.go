package model

// faultActions are the faults that can hit node n now.
func (m *model) faultActions(s *state, n uint8, to []action) []action {
	self := &s.node[n]
	as := func(k kind) { to = append(to, action{k, n, 0}) }
	switch self.life {
	case up:
		if s.left[crashes] > 0 {
			as(crash)
		}
		if s.left[pauses] > 0 && self.started {
			as(pause)
		}
		for other := range uint8(maxNodes) {
			if s.left[reaps] > 0 && m.mayReap(s, n, other) {
				to = append(to, action{reap, n, other})
			}
		}
	case paused:
		as(resume)
		if self.past.beatLate && s.left[expiries] > 0 && s.at(n, leaseKey) == 0 {
			as(expirePages)
		}
	case dead:
		if !m.newIncarnation {
			as(restart)
		}
	}
	return to
}

// mayReap reports whether node n may take other for dead and delete its page 0.
func (m *model) mayReap(s *state, n, other uint8) bool {
	return !m.noReaper && n != other && !s.full(m.net) &&
		s.cache[nodesKey]&(1<<other) != 0 && s.at(other, leaseKey) == 0 && s.at(other, pageKey) != 0
}

// timeActions are what the passing of time can do to node n. It does nothing to
// a node that is up: that one renews its lease long before it ends.
func (m *model) timeActions(s *state, n uint8, to []action) []action {
	self := &s.node[n]
	as := func(k kind) { to = append(to, action{k, n, 0}) }
	if self.life == paused && !(self.past.beatLate && self.past.leaseOld) {
		as(lapse)
	}
	if self.past.leaseOld && s.at(n, leaseKey) != 0 {
		as(expireLease)
	}
	if self.life == up && self.stage == switched && !s.reader.looksForOldLists(n) {
		as(age)
	}
	if self.life == dead {
		return to
	}
	if self.open&^s.late(n) != 0 {
		as(endWindow)
	}
	if !m.lastReadBack && self.life == paused && self.past.beatLate && (self.open|self.closing)&^s.late(n) != 0 {
		as(loseWindow)
	}
	return to
}

// late returns the keys of node n that a late write may still reach.
func (s *state) late(n uint8) (keys uint8) {
	for _, msg := range s.net {
		if msg.status == orphan && msg.from == n && msg.key != nodesKey {
			keys |= 1 << (msg.key % nodeKeys)
		}
	}
	return keys
}

// cacheActions are the faults of the cache.
func (m *model) cacheActions(s *state, to []action) []action {
	if s.left[wipes] > 0 && s.cache != [allKeys]uint8{} {
		to = append(to, action{kind: wipe})
	}
	for k := uint8(0); k < allKeys && s.left[evictions] > 0; k++ {
		if s.cache[k] != 0 {
			to = append(to, action{kind: evict, arg: k})
		}
	}
	if s.undo.possible {
		to = append(to, action{kind: fallBack})
	}
	return to
}

// disturb carries out a fault, or what time does.
func (m *model) disturb(s *state, a action) {
	n := &s.node[a.node]
	switch a.kind {
	case crash:
		s.left[crashes]--
		m.crash(s, a.node)
	case restart:
		*n = node{life: up, past: past{leaseOld: true}}
	case pause:
		s.left[pauses]--
		n.life = paused
		m.hurt(s, a.node)
	case resume:
		n.life = up
	case lapse:
		n.late, n.past.beatLate, n.past.leaseOld = true, true, true
	case wipe:
		s.left[wipes]--
		m.wipe(s)
	case evict:
		s.left[evictions]--
		s.cache[a.arg] = 0
		m.harm(s, a.arg)
	case fallBack:
		s.left[fallbacks]--
		s.cache[s.undo.key] = s.undo.value
		m.harm(s, s.undo.key)
		s.undo = undo{}
	case expirePages:
		s.left[expiries]--
		m.losePages(s, a.node)
	case expireLease:
		s.cache[cacheKey(a.node, leaseKey)] = 0
		s.undo = undo{} // no failover brings it back
	case reap:
		s.left[reaps]--
		s.send(message{orphan, cacheKey(a.arg, pageKey), 0, 0xff, a.node})
	case endWindow:
		ended := n.open &^ s.late(a.node)
		n.open &^= ended
		n.closing |= ended
	case loseWindow:
		n.open &= s.late(a.node)
		n.closing &= s.late(a.node)
	}
}

// crash is kill -9: what is on its way may arrive or not, all else is gone.
func (m *model) crash(s *state, n uint8) {
	s.node[n] = node{life: dead, past: past{hurt: true, leaseOld: true}}
	s.resetReader(n)
	for i := range s.net {
		if s.net[i].status == flying && s.net[i].from == n {
			s.net[i].status = orphan
		}
	}
}

func (m *model) wipe(s *state) {
	s.cache = [allKeys]uint8{}
	s.undo = undo{}
	for n := range uint8(maxNodes) {
		s.node[n].past.blind = true
		m.hurt(s, n)
	}
}

// harm notes that the cache changed a key by itself. Only pages and lists need
// the sweep to be right again.
func (m *model) harm(s *state, key uint8) {
	if key == nodesKey {
		for n := range uint8(maxNodes) {
			m.hurt(s, n)
		}
		return
	}
	n := key / nodeKeys
	m.hurt(s, n)
	switch k := key % nodeKeys; {
	case k < leaseKey:
		s.node[n].past.evicted = true
		s.node[n].past.doubt |= 1 << k
	case k == leaseKey:
		s.node[n].past.leaseBlind = true
	}
}

func (m *model) losePages(s *state, n uint8) {
	for k := uint8(0); k < leaseKey; k++ {
		s.cache[cacheKey(n, k)] = 0
	}
	s.node[n].past.blind = true
}

func (m *model) hurt(s *state, n uint8) {
	s.node[n].past.hurt = true
	s.resetReader(n)
}
