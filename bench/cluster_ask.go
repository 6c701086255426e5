package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// onlineUsers is how many users are asked after at once.
const onlineUsers = 100

// ask asks after clients and users from a process that has none.
func (m *clusterMeter) ask(c idleCrowd) error {
	who := crowd(c.clients)
	lookup := func(rng *rand.Rand) error {
		i := rng.IntN(c.clients)
		user, err := c.cluster.(finder).find(i)
		if err == nil && user != who.user(i) {
			err = fmt.Errorf("client %d is %q instead of %q", i, user, who.user(i))
		}
		return err
	}
	byUser := func(rng *rand.Rand) error {
		u := rng.IntN(who.users())
		got, err := c.cluster.(asker).byUser(who.name(u))
		if want := who.clientsOf(u); err == nil && got != want {
			err = fmt.Errorf("%s has %d clients instead of %d", who.name(u), got, want)
		}
		return err
	}
	// Every second one of the users does not exist.
	online := func(rng *rand.Rand) error {
		users := make([]string, onlineUsers)
		first := rng.IntN(who.users())
		for i := range users {
			users[i] = who.name((first+i)%who.users() + i%2*who.users())
		}
		got, err := c.cluster.(asker).online(users)
		if want := onlineUsers / 2; err == nil && got != want && who.users() >= want {
			err = fmt.Errorf("%d of %d users are online instead of %d", got, onlineUsers, want)
		}
		return err
	}
	return errors.Join(
		m.throughput(askClusterLookup, c, lookup),
		m.throughput(askClusterByUser, c, byUser),
		m.throughput(askClusterOnline, c, online),
	)
}

// throughput has many ask at once until the time is up.
func (m *clusterMeter) throughput(question string, c idleCrowd, ask func(*rand.Rand) error) error {
	if !m.asked(question) {
		return nil
	}
	if err := ask(m.run.rng); err != nil {
		return fmt.Errorf("%s: %w", question, err)
	}
	before, err := c.red.usage(m.ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	asked, busy, err := askUntil(begin.Add(m.setup.asking), m.run.rng.Uint64(), ask)
	wall := time.Since(begin)
	if err != nil {
		return fmt.Errorf("%s: %w", question, err)
	}
	after, err := c.red.usage(m.ctx)
	if err != nil {
		return err
	}
	m.record(question, sample{
		clients: c.clients, value: float64(asked) / wall.Seconds(),
		details: []float64{busy.Seconds() * 1e3 / float64(asked), after.since(before).microsPer(asked)},
	})
	return nil
}

// askUntil returns how often it asked and how long all the asking took together.
func askUntil(end time.Time, seed uint64, ask func(*rand.Rand) error) (asked int, busy time.Duration, err error) {
	var n, nanos atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	for w := range uint64(askWorkers) {
		wg.Go(func() {
			rng := newRand(seed + w)
			for time.Now().Before(end) {
				begin := time.Now()
				if e := ask(rng); e != nil {
					mu.Lock()
					err = e
					mu.Unlock()
					return
				}
				nanos.Add(int64(time.Since(begin)))
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return int(n.Load()), time.Duration(nanos.Load()), err
}
