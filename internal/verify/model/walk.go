package model

import "math/rand/v2"

// walk takes a random way of so many steps, and then lets the world come to
// rest. Its worlds may be larger than those that explore can see the end of.
func (m *model) walk(seed uint64, steps int) finding {
	random := rand.New(rand.NewPCG(seed, 0))
	s := m.initial()
	var found finding
	var actions []action
	for {
		calming := len(found.trace) >= steps
		rest := m.quiet(&s)
		if rest {
			found.quiet++
		}
		a, ok := choose(random, m.actions(&s, actions[:0]), calming)
		switch {
		case rest && (calming || !ok):
			found.whole = true
			return found
		case !ok, len(found.trace) >= steps+patience:
			found.broken = "the world does not come to rest"
			return found
		}
		found.trace = append(found.trace, a)
		s = m.apply(s, a)
		found.states++
		if found.broken = m.check(&s); found.broken != "" {
			return found
		}
	}
}

// patience is how many steps a world has to come to rest, several times what the
// random ways took so far.
const patience = 2000

// choose picks an action. Faults and users are seldom, lest they are used up
// before the nodes have done anything, and absent once it shall become calm.
func choose(random *rand.Rand, actions []action, calming bool) (a action, ok bool) {
	var often, seldom []action
	for _, a := range actions {
		if a.kind.isFault() || a.kind.isUsers() {
			seldom = append(seldom, a)
		} else {
			often = append(often, a)
		}
	}
	from := often
	if !calming && len(seldom) > 0 && (len(often) == 0 || random.IntN(8) == 0) {
		from = seldom
	}
	if len(from) == 0 {
		return action{}, false
	}
	return from[random.IntN(len(from))], true
}
