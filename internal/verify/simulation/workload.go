package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// warmUp lets some clients come while nothing is wrong, or does not: then the
// storm hits nodes that are just starting.
func (w *world) warmUp() {
	r := w.draw("warm up", 0)
	if r.IntN(3) == 0 {
		return
	}
	for _, n := range w.running() {
		for range r.IntN(1 + w.plan.target) {
			if !n.reader {
				w.queue.after(time.Duration(r.Int64N(int64(time.Second))), func() { w.comes(r, n) })
			}
		}
	}
	time.Sleep(time.Second)
	w.wait()
	time.Sleep(time.Duration(r.Int64N(int64(w.plan.quiet()))))
}

// storm schedules the faults, the users and the questions of one storm, and
// returns when it is over.
func (w *world) storm(number int) {
	w.journal.note("storm %d begins", number)
	w.inQueue(func() { w.schedule(w.draw("storm", uint64(number))) })
	time.Sleep(w.plan.storm)
}

func (w *world) schedule(r *rand.Rand) {
	anywhen := func() time.Duration { return time.Duration(r.Int64N(int64(w.plan.storm))) }
	for range w.plan.faults {
		w.queue.after(anywhen(), func() { w.faults.strike(r) })
	}
	for range int(w.plan.storm/time.Second) * (1 + r.IntN(8)) {
		w.queue.after(anywhen(), func() { w.move(r) })
	}
	for range 10 + r.IntN(60) {
		w.queue.after(anywhen(), func() { w.question(r) })
	}
	w.faults.slow = w.plan.slow
	for _, n := range w.nodes {
		n.wire.set(func(v *wire) { v.weather.slow = w.plan.slow })
	}
	if w.plan.crowd > 0 {
		w.crowds(r)
	}
}

// victim returns a node to do something to, of those that may be one.
func (w *world) victim(r *rand.Rand) *node {
	var may []*node
	for _, n := range w.running() {
		if !n.reader {
			may = append(may, n)
		}
	}
	return may[r.IntN(len(may))]
}

// replace ends a node, and starts another one if no other would be left.
func (w *world) replace(n *node, end func(*node)) {
	end(n)
	if len(w.running()) < 3 {
		w.start(false)
	}
}

// move lets something happen to one client of one node.
func (w *world) move(r *rand.Rand) {
	n := w.victim(r)
	if n.wire.isPaused() {
		return // nobody gets in or out
	}
	clients := w.truth.of(n, attached)
	switch {
	case len(clients) < r.IntN(2*w.plan.target+1):
		w.comes(r, n)
	case len(clients) == 0:
	case r.IntN(4) == 0:
		c, roles := clients[r.IntN(len(clients))], w.someRoles(r)
		w.spawn(func() { n.update(c, roles) })
	default:
		for range min(1+r.IntN(4), len(clients)) {
			c := clients[r.IntN(len(clients))]
			w.spawn(func() { n.detach(c) })
		}
	}
}

// comes lets a user come to a node.
func (w *world) comes(r *rand.Rand, n *node) {
	user, anonymous := fmt.Sprintf("user-%d", r.IntN(w.plan.users)), false
	if r.IntN(8) == 0 {
		user, anonymous = fmt.Sprintf("anon-%d", r.Uint64()), true
	}
	roles := w.someRoles(r)
	w.spawn(func() { n.attach(user, anonymous, roles) })
}

var allRoles = []string{"ROLE_USER", "ROLE_ADMIN", "ROLE_GUEST"}

func (w *world) someRoles(r *rand.Rand) (roles []string) {
	for _, role := range allRoles {
		if r.IntN(2) == 0 {
			roles = append(roles, role)
		}
	}
	return roles
}

// crowds lets thousands of users come to a node and leave again, so that it
// changes the number of its lists, and while it is still at it, perhaps back.
func (w *world) crowds(r *rand.Rand) {
	n := w.victim(r)
	at := time.Duration(0)
	pause := func() {
		if r.IntN(2) == 0 {
			late := at + time.Duration(r.Int64N(int64(w.plan.lease)))
			w.queue.after(late, func() { w.faults.blow([]*node{n}, weather{late: 60, only: lists}, w.plan.lease) })
		}
		at += time.Duration(r.Int64N(int64(4 * w.plan.lease)))
	}
	for wave := range 2 + r.IntN(2) {
		const steps = 40
		for step := range steps {
			at += time.Duration(r.Int64N(int64(100 * time.Millisecond)))
			w.queue.after(at, func() {
				if wave%2 == 0 {
					w.flood(n, w.plan.crowd/steps, step*w.plan.crowd/steps)
				} else {
					w.ebb(n, w.plan.crowd/steps)
				}
			})
		}
		pause()
	}
	w.journal.note("crowds come to %s", n.name)
	w.plan.storm = max(w.plan.storm, at+time.Second)
}

func (w *world) flood(n *node, count, from int) {
	for i := range count + 1 {
		user := fmt.Sprintf("user-%d", from+i)
		if !n.ended() {
			w.spawn(func() { n.attach(user, false, nil) })
		}
	}
}

func (w *world) ebb(n *node, count int) {
	clients := w.truth.of(n, attached)
	for _, c := range clients[:min(count, len(clients))] {
		if !n.ended() {
			w.spawn(func() { n.detach(c) })
		}
	}
}

// question asks one storage something, and checks what can be checked of an
// answer while everything moves.
func (w *world) question(r *rand.Rand) {
	nodes := w.running()
	n := nodes[r.IntN(len(nodes))]
	if r.IntN(2) == 0 {
		n = w.nodes[0]
	}
	kind, user := r.IntN(7), fmt.Sprintf("user-%d", r.IntN(w.plan.users))
	who := w.truth.any(r)
	w.spawn(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		w.ask(ctx, n, kind, user, who)
	})
}
