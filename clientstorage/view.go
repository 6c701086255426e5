package clientstorage

import (
	"sync"
	"time"
)

// A view is what this storage remembers of the other nodes from one question to
// the next: where to look, and how old a lease is. It compares no two clocks: a
// lease whose sequence has changed was written after this storage last saw the
// older one, by its own clock.
type view struct {
	mu    sync.Mutex
	known map[NodeID]*acquaintance
}

type acquaintance struct {
	lease lease
	// written is a time after which the lease was written; seen, one at which it
	// was there.
	written, seen time.Time
}

// guess returns the nodes that were there before, and the levels of their lists.
func (v *view) guess() map[NodeID]uint8 {
	v.mu.Lock()
	defer v.mu.Unlock()
	levels := make(map[NodeID]uint8, len(v.known))
	for id, a := range v.known {
		levels[id] = a.lease.level
	}
	return levels
}

// last returns the lease that was last seen of a node.
func (v *view) last(node NodeID) (l lease, known bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if a := v.known[node]; a != nil {
		return a.lease, true
	}
	return lease{}, false
}

// saw notes a lease that was asked for at a time, and returns how old what the
// node wrote may be.
func (v *view) saw(id NodeID, l lease, asked time.Time) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.known[id]
	oldest := asked.Add(-l.ttl)
	var before time.Duration
	switch {
	case a == nil:
		if len(v.known) >= maxNodes {
			return time.Since(oldest) + l.lag
		}
		if v.known == nil {
			v.known = make(map[NodeID]*acquaintance)
		}
		a = &acquaintance{written: oldest}
		v.known[id] = a
	case l.sequence > a.lease.sequence:
		// If the values were read first, they may be those of the lease before.
		before = min(time.Since(a.written), time.Since(oldest)) + a.lease.lag
		a.written = a.seen
	case l.sequence < a.lease.sequence: // an answer that another one has overtaken
		return time.Since(oldest) + l.lag
	}
	if a.written.Before(oldest) {
		a.written = oldest
	}
	a.lease = l
	if asked.After(a.seen) {
		a.seen = asked
	}
	return max(time.Since(a.written)+l.lag, before)
}

// keep forgets the nodes that are not in the list any more.
func (v *view) keep(nodes []NodeID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) <= len(nodes) {
		return
	}
	listed := make(map[NodeID]bool, len(nodes))
	for _, id := range nodes {
		listed[id] = true
	}
	for id := range v.known {
		if !listed[id] {
			delete(v.known, id)
		}
	}
}
