package model

import (
	"fmt"
	"hash/maphash"
)

// A finding is what an exploration has come to.
type finding struct {
	states int
	depth  int
	quiet  int    // states at rest; without any, P1 was never asked
	broken string // the property that was violated, if one was
	trace  []action
	whole  bool // every state that can be reached was seen
}

func (f finding) String() string {
	part := "to the end"
	if !f.whole {
		part = "in part"
	}
	return fmt.Sprintf("%d states (%s), %d at rest, depth %d", f.states, part, f.quiet, f.depth)
}

// A search goes through the states breadth first, so that the first violation
// it meets has a shortest trace. Of a state that is done it keeps a hash of 64
// bits and the way that led there: two states that share their hash are taken
// for one, which has a chance of about one in ten million for a million states.
type search struct {
	*model
	seed  maphash.Seed
	seen  map[uint64]struct{}
	steps []step
}

// A step leads from an earlier step to a state.
type step struct {
	from   int32
	action action
}

type reached struct {
	state
	step int32
}

// explore looks at up to limit states.
func (m *model) explore(limit int) finding {
	s := search{model: m, seed: maphash.MakeSeed(), seen: make(map[uint64]struct{})}
	var found finding
	level := s.add(nil, m.initial(), step{from: -1})
	var actions []action
	for len(level) > 0 {
		var next []reached
		for i := range level {
			at := &level[i]
			if found.broken = m.check(&at.state); found.broken != "" {
				found.trace = s.way(at.step)
				found.states = len(s.steps)
				return found
			}
			if m.quiet(&at.state) {
				found.quiet++
			}
			actions = m.actions(&at.state, actions[:0])
			for _, a := range actions {
				next = s.add(next, m.apply(at.state, a), step{at.step, a})
			}
			if found.states = len(s.steps); found.states >= limit {
				return found
			}
		}
		level = next
		found.depth++
	}
	found.whole = true
	return found
}

func (s *search) add(to []reached, new state, by step) []reached {
	hash := maphash.Comparable(s.seed, new)
	if _, ok := s.seen[hash]; ok {
		return to
	}
	s.seen[hash] = struct{}{}
	s.steps = append(s.steps, by)
	return append(to, reached{new, int32(len(s.steps) - 1)})
}

// way returns the actions that led to a step.
func (s *search) way(to int32) []action {
	if s.steps[to].from < 0 {
		return nil
	}
	return append(s.way(s.steps[to].from), s.steps[to].action)
}
