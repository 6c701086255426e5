package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// prompt checks what holds while nothing is wrong: when Attach, Update or Detach
// has returned, every storage knows.
func (w *world) prompt() {
	if w.plan.perUser.Max > 0 {
		return // nobody waits until those are gone who make room
	}
	w.journal.note("now all is well, and everybody knows at once")
	r := w.draw("prompt", uint64(w.rests))
	end := w.steady(r)
	defer end()
	rounds := 12
	if w.plan.crowd > 0 {
		rounds = 4 // each list of all is long
	}
	for range rounds {
		n := w.victim(r)
		if n.opts.NoWait || w.failed() {
			continue
		}
		user := fmt.Sprintf("user-%d", r.IntN(w.plan.users))
		c := n.attach(user, false, w.someRoles(r))
		if c == nil {
			continue // too many clients of this user
		}
		asked := w.running()
		other := asked[r.IntN(len(asked))]
		w.knows(w.nodes[0], c, "right after Attach")
		w.knows(other, c, "right after Attach")
		if r.IntN(2) == 0 {
			n.update(c, w.someRoles(r))
			w.knows(other, c, "right after Update")
		}
		if r.IntN(3) > 0 {
			n.detach(c)
			w.knowsNot(w.nodes[0], c)
			w.knowsNot(other, c)
		}
	}
	if n := w.victim(r); !n.opts.NoWait {
		w.promptCrowd(n)
	}
}

// steady asks the reader for some clients again and again, who stay while others
// come and go. They must be in every answer. It returns what ends it.
func (w *world) steady(r *rand.Rand) (end func()) {
	var stay []*client
	for _, n := range w.running() {
		if clients := w.truth.of(n, attached); len(clients) > 0 {
			c := clients[r.IntN(len(clients))]
			w.truth.keep(c)
			stay = append(stay, c)
		}
	}
	done := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for round := 0; len(stay) > 0; round++ {
			select {
			case <-done:
				return
			case <-time.After(time.Duration(1+round%40) * time.Millisecond):
			}
			c := stay[round%len(stay)]
			w.stays(w.nodes[0], c)
		}
	})
	return func() { close(done); asking.Wait() }
}

func (w *world) stays(n *node, c *client) {
	const when = "while others come and go"
	w.looks(n, c, when)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if p, err := n.storage.Online(ctx, c.user); err != nil || !p.Online[c.user] {
		w.fail("%s: Online of %s %s: %v, %v", n.name, c.user, when, p, err)
	}
	found := false
	for got, err := range n.storage.ByUser(ctx, c.user) {
		found = found || err == nil && got.ID == c.id
	}
	if !found {
		w.fail("%s: ByUser of %s %s lacks client %d", n.name, c.user, when, c.serial)
	}
}

// promptCrowd checks that of many who come at once, each is found by its id and
// in the list of all when its Attach has returned.
func (w *world) promptCrowd(n *node) {
	var arrivals sync.WaitGroup
	crowd, stay := max(150, w.plan.crowd), 2
	if w.plan.crowd > 0 {
		stay = 10
	}
	for i := range crowd {
		arrivals.Go(func() {
			if c := n.attach(fmt.Sprintf("user-%d", i), false, nil); c != nil && i%20 == 0 {
				w.looks(w.nodes[0], c, "right after Attach in a crowd")
			}
		})
	}
	arrivals.Wait()
	for i, c := range w.truth.of(n, attached) {
		if c.kept {
			continue
		}
		if i%stay != 0 {
			arrivals.Go(func() { n.detach(c) })
		}
	}
	arrivals.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e := examiner{w: w, n: w.nodes[0], when: "right after a crowd", truth: w.expected(w.running())}
	e.same("All", e.describe(e.n.storage.All(ctx)), func(*client) bool { return true })
}

// knows checks that a storage has a client in all answers.
func (w *world) knows(n *node, c *client, when string) {
	w.looks(n, c, when)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e := examiner{w: w, n: n, when: when, truth: w.expected(w.running())}
	e.same("All", e.describe(n.storage.All(ctx)), func(*client) bool { return true })
	e.same("ByUser "+c.user, e.describe(n.storage.ByUser(ctx, c.user)), func(other *client) bool { return other.user == c.user })
	if p, err := n.storage.Online(ctx, c.user); err != nil || !p.Online[c.user] {
		w.fail("%s: Online of %s %s: %v, %v", n.name, c.user, when, p, err)
	}
}

func (w *world) looks(n *node, c *client, when string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if w.truth.isGone(c) {
		return // displaced meanwhile
	}
	if _, err := n.storage.Lookup(ctx, c.id); err != nil && !w.truth.isGone(c) {
		w.fail("%s: Lookup of client %d %s: %v", n.name, c.serial, when, err)
	}
}

// knowsNot checks that a storage has a client in no answer.
func (w *world) knowsNot(n *node, c *client) {
	const when = "right after Detach"
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if found, err := n.storage.Lookup(ctx, c.id); err == nil {
		w.fail("%s: Lookup of client %d %s: %+v", n.name, c.serial, when, found)
	}
	e := examiner{w: w, n: n, when: when, truth: w.expected(w.running())}
	e.same("All", e.describe(n.storage.All(ctx)), func(*client) bool { return true })
	e.same("ByUser "+c.user, e.describe(n.storage.ByUser(ctx, c.user)), func(other *client) bool { return other.user == c.user })
	there := false
	for _, other := range e.truth.clients {
		there = there || other.user == c.user
	}
	if p, err := n.storage.Online(ctx, c.user); err != nil || p.Online[c.user] != there {
		w.fail("%s: Online of %s %s: %v, %v", n.name, c.user, when, p, err)
	}
}
