package model

// A model is a protocol in a world.
type model struct {
	rules
	world
}

// A world bounds what can happen.
type world struct {
	machines uint8 // nodes that may start at any time; each crash allows one more
	pages    uint8
	perPage  uint8 // slots on a page
	users    uint8
	net      uint8 // writes on their way at the same time
	reader   bool  // a reader that takes its time looks at node 0
	settled  uint8 // clients that node 0 holds already, everything written
	budget   [budgets]uint8
}

// What the budget of a world counts.
const (
	attaches = iota
	detaches
	grows
	closes
	crashes
	pauses
	wipes
	failures // writes that fail and were applied, or were not
	lates    // writes that fail and arrive later
	evictions
	fallbacks // a failover that loses the last write
	expiries  // pages that outlive their time while their node is paused
	reaps
	budgets
)

func (w *world) slots() uint8 { return w.pages * w.perPage }

// born returns how many nodes may have started in s.
func (m *model) born(s *state) uint8 {
	n := m.machines
	if m.newIncarnation {
		n += m.budget[crashes] - s.left[crashes]
	}
	return min(n, maxNodes)
}

func (m *model) initial() state {
	var s state
	s.left = m.budget
	if m.settled > 0 {
		m.settleNode(&s)
	}
	return s
}

// settleNode makes node 0 one that has attached its clients long ago.
func (m *model) settleNode(s *state) {
	for i := range m.settled {
		m.attach(s, 0, i%m.users)
	}
	n := &s.node[0]
	n.dirty, n.lost, n.renewed, n.joined = 0, false, true, true
	n.changed = 0
	n.back = 1<<m.settled - 1
	n.cover = m.coverFor(s, 0)
	n.past.calm = 2
	for k := uint8(0); k < leaseKey; k++ {
		s.cache[cacheKey(0, k)] = m.holds(s, 0, k)
	}
	s.cache[cacheKey(0, leaseKey)] = leaseValue(n.cover, 0)
	if m.mark {
		n.mark = 1
		s.cache[cacheKey(0, markKey)] = 1
	}
	s.cache[nodesKey] = 1
}
