package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// stormWorkers is how many goroutines attach at once in storage/storm.
const stormWorkers = 64

// measureStorm attaches all clients at once to an empty registry, as when a
// server has been restarted and everybody comes back, until the time is up.
func (r *run) measureStorm(ctx context.Context, s subject) error {
	users := userNames(r.clients)
	runtime.GC()
	total := &cost{}
	begin := time.Now()
	for pass := 0; pass == 0 || pass < maxPasses && time.Since(begin) < r.storageBudget; pass++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		reg, err := s.open(ctx, r.backends, users)
		if err != nil {
			return err
		}
		if err := errors.Join(storm(total, reg, users), reg.close()); err != nil {
			return fmt.Errorf("%s: %w", askStorm, err)
		}
	}
	r.record(askStorm, s, total.sample(r.clients))
	return nil
}

// storm measures one storm, checks that everybody can be found, and calms it.
func storm(total *cost, reg registry, users []string) error {
	n := len(users)
	if err := total.time(n, func() error { return parallel(n, stormWorkers, reg.attach) }); err != nil {
		return err
	}
	if err := expect(reg, n); err != nil {
		return err
	}
	lookup := reg.lookup
	if shared, ok := reg.(sharedRegistry); ok {
		lookup = shared.lookupForeign
	}
	found := func(i int) error { return find(users, []int{i}, lookup) }
	if err := parallel(n, stormWorkers, found); err != nil {
		return err
	}
	if err := parallel(n, stormWorkers, reg.detach); err != nil {
		return err
	}
	return expect(reg, 0)
}
