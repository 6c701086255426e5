package model

// An action is one step of the world. Arg is a slot, a user, a key, another
// node or the place of a message, as its kind has it.
type action struct {
	kind kind
	node uint8
	arg  uint8
}

type kind uint8

const (
	// What users do.
	attach kind = iota
	detach
	grow     // the node decides for more lists
	withdraw // Close

	// Faults.
	crash
	restart // of a node that takes its old id again (only without R4)
	pause
	resume
	wipe
	evict
	fallBack // the cache loses its last write
	expirePages
	reap // delete another node's pages (only without R5)
	fail
	failApplied
	failLate

	// What happens by itself.
	write
	deliver
	arrive // of a late write
	vanish // of a write whose node has died
	sweep
	beatBegin // read the mark (or the lease) and the own clock
	beatNodes // read the list of nodes
	beatRenew // read back what is in doubt, and write the lease
	readLease
	readList
	readPages

	// What time does.
	lapse       // more than a lease goes by while the node is paused
	expireLease // in the cache
	endWindow   // no late write can come any more
	loseWindow  // the window ends while the node is paused (only without R7's last read)
	age         // a lease goes by since the level changed
)

// isUsers and isFault tell what the budget of a world is for.
func (k kind) isUsers() bool { return k <= withdraw }
func (k kind) isFault() bool { return k >= crash && k <= failLate && k != resume }

// apply returns the state after a.
func (m *model) apply(s state, a action) state {
	cache := s.cache
	m.act(&s, a)
	m.returnAttaches(&s)
	s.sortNet()
	if s.cache != cache || a.kind < write {
		for i := range s.node {
			s.node[i].past.calm = 0
		}
	}
	return s
}

func (m *model) act(s *state, a action) {
	switch a.kind {
	case attach:
		s.left[attaches]--
		m.attach(s, a.node, a.arg)
	case detach:
		s.left[detaches]--
		m.detach(s, a.node, a.arg)
	case grow:
		s.left[grows]--
		m.grow(s, a.node)
	case withdraw:
		s.left[closes]--
		m.withdraw(s, a.node)
	case write:
		m.write(s, a.node, a.arg)
	case deliver, fail, failApplied, failLate, arrive, vanish:
		m.move(s, a)
	case sweep:
		m.sweepAll(s, a.node)
	case beatBegin:
		m.beginBeat(s, a.node)
	case beatNodes:
		m.readNodes(s, a.node)
	case beatRenew:
		m.renew(s, a.node)
	case readLease, readList, readPages:
		m.read(s, a.kind)
	case age:
		m.dropOldLists(s, a.node)
	default:
		m.disturb(s, a)
	}
}

// actions appends every action that is possible in s.
func (m *model) actions(s *state, to []action) []action {
	for n := uint8(0); n < m.born(s); n++ {
		switch s.node[n].life {
		case unborn, up:
			to = m.userActions(s, n, to)
			to = m.beatActions(s, n, to)
			to = m.writeActions(s, n, to)
		case leaving:
			to = m.writeActions(s, n, to)
		}
		to = m.faultActions(s, n, to)
		to = m.timeActions(s, n, to)
	}
	to = m.netActions(s, to)
	to = m.cacheActions(s, to)
	return m.readerActions(s, to)
}

// userActions are what can be asked of node n, which is up or may start.
func (m *model) userActions(s *state, n uint8, to []action) []action {
	self := &s.node[n]
	if s.left[attaches] > 0 && m.freeSlot(self) < m.slots() {
		for u := range m.users {
			to = append(to, action{attach, n, u})
		}
	}
	for slot := uint8(0); slot < m.slots() && s.left[detaches] > 0; slot++ {
		if self.client[slot] != 0 {
			to = append(to, action{detach, n, slot})
		}
	}
	if s.left[grows] > 0 && self.started && self.stage == oldLevel {
		to = append(to, action{grow, n, 0})
	}
	if s.left[closes] > 0 && self.started && self.beat == idle && s.flying(n) == 0 {
		to = append(to, action{withdraw, n, 0})
	}
	return to
}

func (m *model) beatActions(s *state, n uint8, to []action) []action {
	self := &s.node[n]
	switch {
	case !self.started:
	case self.beat == idle:
		to = append(to, action{beatBegin, n, 0})
	case self.beat == begun:
		to = append(to, action{beatNodes, n, 0})
	case self.beat == ready && m.mayRenew(s, n):
		to = append(to, action{beatRenew, n, 0})
	}
	if self.past.evicted && m.sweep {
		to = append(to, action{sweep, n, 0})
	}
	return to
}

func (m *model) writeActions(s *state, n uint8, to []action) []action {
	for k := uint8(0); k < leaseKey; k++ {
		if m.mayWrite(s, n, k) {
			to = append(to, action{write, n, k})
		}
	}
	return to
}

// netActions are what can become of the writes on their way.
func (m *model) netActions(s *state, to []action) []action {
	for i, msg := range s.net {
		at := action{node: msg.from, arg: uint8(i)}
		as := func(k kind) { at.kind = k; to = append(to, at) }
		switch msg.status {
		case flying:
			as(deliver)
			if s.left[failures] > 0 {
				as(fail)
				as(failApplied)
			}
			if s.left[lates] > 0 {
				as(failLate)
			}
		case orphan:
			as(arrive)
			if s.node[msg.from].life == dead {
				as(vanish)
			}
		}
	}
	return to
}
