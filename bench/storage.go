package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// maxPasses bounds how often a storage subject is filled and emptied in a round.
const maxPasses = 1000

// measureStorage asks the storage questions of one subject, each kind with
// registries of its own.
func (r *run) measureStorage(ctx context.Context, s subject) error {
	if err := r.measureSteady(ctx, s); err != nil || !r.asks(askStorm) {
		return err
	}
	return r.measureStorm(ctx, s)
}

// measureSteady fills and empties a registry until the time is up. The first
// pass is not counted: it checks the subject, and it meets structures that have
// yet to grow, where a server that has run for a while does not.
func (r *run) measureSteady(ctx context.Context, s subject) (err error) {
	users := userNames(r.clients)
	reg, err := s.open(ctx, r.backends, users)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reg.close()) }()

	f := &filler{ctx: ctx, reg: reg, users: users, rng: r.rng, foreign: true}
	if err := f.pass(); err != nil {
		return err
	}
	if err := f.checkEmpty(); err != nil {
		return err
	}
	f.costs = make(map[string]*cost)
	f.foreign = r.asks(askForeign)
	runtime.GC() // each subject begins without the garbage of the one before
	begin := time.Now()
	for pass := 0; pass == 0 || pass < maxPasses && time.Since(begin) < r.storageBudget; pass++ {
		if err := f.pass(); err != nil {
			return err
		}
	}
	for question, c := range f.costs {
		r.record(question, s, c.sample(r.clients))
	}
	return nil
}

// userNames returns n names, all different.
func userNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("user-%07d@example.com", i)
	}
	return names
}

// A filler attaches and detaches the clients of a registry.
type filler struct {
	ctx     context.Context
	reg     registry
	users   []string
	rng     *rand.Rand
	foreign bool // look up from another node, too
	costs   map[string]*cost
}

// pass attaches all clients, looks them up and detaches them.
func (f *filler) pass() error {
	n := len(f.users)
	order := f.rng.Perm(n)
	err := f.step(askAttach, n, func() error { return each(n, f.reg.attach) })
	if err != nil {
		return err
	}
	if err := f.lookups(askLookup, order, f.reg.lookup); err != nil {
		return err
	}
	if shared, ok := f.reg.(sharedRegistry); ok && f.foreign {
		if err := f.lookups(askForeign, order, shared.lookupForeign); err != nil {
			return err
		}
	}
	return f.step(askDetach, 0, func() error {
		return each(n, func(i int) error { return f.reg.detach(order[i]) })
	})
}

// lookups looks every client up. That takes so little time, if it takes no more
// than a look into a table, that it is done again until there is something to
// measure.
func (f *filler) lookups(question string, order []int, lookup func(i int) (string, error)) error {
	begin := time.Now()
	for again := 0; again == 0 || again < 20 && time.Since(begin) < 5*time.Millisecond; again++ {
		err := f.step(question, len(order), func() error { return find(f.users, order, lookup) })
		if err != nil {
			return err
		}
	}
	return nil
}

// step does one operation for every client, adds up what it costs, and checks
// how many are attached then.
func (f *filler) step(question string, after int, do func() error) error {
	if err := f.ctx.Err(); err != nil {
		return err
	}
	c := f.costs[question]
	if c == nil {
		c = &cost{}
		if f.costs != nil {
			f.costs[question] = c
		}
	}
	err := c.time(len(f.users), do)
	if err == nil {
		err = expect(f.reg, after)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", question, err)
	}
	return nil
}

func each(n int, f func(i int) error) error {
	for i := range n {
		if err := f(i); err != nil {
			return err
		}
	}
	return nil
}

// find looks clients up and compares who they are. So no two clients can share
// a key unseen.
func find(users []string, order []int, lookup func(i int) (string, error)) error {
	for _, i := range order {
		user, err := lookup(i)
		if err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
		if user != users[i] {
			return fmt.Errorf("client %d is %q instead of %q", i, user, users[i])
		}
	}
	return nil
}

func expect(reg registry, n int) error {
	got, err := reg.count()
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if got != n {
		return fmt.Errorf("%d clients are attached instead of %d", got, n)
	}
	return nil
}

// checkEmpty checks that no client is found any more, from wherever.
func (f *filler) checkEmpty() error {
	lookups := []func(int) (string, error){f.reg.lookup}
	if shared, ok := f.reg.(sharedRegistry); ok {
		lookups = append(lookups, shared.lookupForeign)
	}
	for _, lookup := range lookups {
		for i := range f.users {
			if _, err := lookup(i); !errors.Is(err, clientstorage.ErrNotFound) {
				return fmt.Errorf("client %d was detached, and looking it up gives the error %v", i, err)
			}
		}
	}
	return nil
}
