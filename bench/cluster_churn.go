package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// warm has some clients come and go, so that connections, scripts and structures
// that are made once are not counted.
func (m *clusterMeter) warm(c cluster, clients int) error {
	n := min(clients, 256)
	if err := parallel(n, churnWorkers, c.attach); err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	if err := parallel(n, churnWorkers, c.detach); err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	return nil
}

// churn attaches all clients and detaches them in random order, from several
// goroutines.
func (m *clusterMeter) churn() (err error) {
	n := m.setup.clients
	red, c, stop, err := m.open(churnNodes, n, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := m.warm(c, n); err != nil {
		return err
	}
	if err := m.costs(askClusterAttach, red, n, c.attach); err != nil {
		return err
	}
	if err := m.expectSome(c, n, true); err != nil {
		return err
	}
	order := m.run.rng.Perm(n)
	if err := m.costs(askClusterDetach, red, n, func(i int) error { return c.detach(order[i]) }); err != nil {
		return err
	}
	return m.expectSome(c, n, false)
}

// costs records what redis does for n operations.
func (m *clusterMeter) costs(question string, red *redisServer, n int, f func(i int) error) error {
	before, err := red.usage(m.ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := parallel(n, churnWorkers, f); err != nil {
		return err
	}
	wall := time.Since(begin)
	after, err := red.usage(m.ctx)
	if err != nil {
		return err
	}
	used := after.since(before)
	writes, _ := used.requests()
	m.record(question, sample{
		clients: n, value: used.microsPer(n),
		details: []float64{float64(n) / wall.Seconds(), float64(writes) / float64(n)},
	})
	return nil
}

// expectSome checks that another process finds some of the clients, or does not.
func (m *clusterMeter) expectSome(c cluster, n int, there bool) error {
	for range 200 {
		i := m.run.rng.IntN(n)
		found, err := isThere(c, i, crowd(n).user(i))
		if err != nil || found != there {
			return errors.Join(err, fmt.Errorf("another process finds client %d: %v instead of %v", i, found, there))
		}
	}
	return nil
}

func isThere(c cluster, i int, user string) (bool, error) {
	finding, ok := c.(finder)
	if !ok {
		n, err := c.(asker).byUser(user)
		return n > 0, err
	}
	got, err := finding.find(i)
	if errors.Is(err, clientstorage.ErrNotFound) {
		return false, nil
	}
	return got == user, err
}

// expectCluster checks how many clients the others see, where they can. The
// numbers that a storage's lease tells are a heartbeat old.
func expectCluster(c cluster, n int) error {
	counting, ok := c.(counter)
	if !ok {
		return nil
	}
	return eventually(func() error {
		got, err := counting.count()
		if err == nil && got != n {
			err = fmt.Errorf("another process counts %d clients instead of %d", got, n)
		}
		return err
	})
}

// eventually tries f until it succeeds, but not for ever.
func eventually(f func() error) (err error) {
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if err = f(); err == nil {
			return nil
		}
	}
	return err
}

// storm attaches half of the clients to one node that nobody is attached to.
func (m *clusterMeter) storm() (err error) {
	n := max(1, m.setup.clients/2)
	red, c, stop, err := m.open(1, n, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := m.warm(c, n); err != nil {
		return err
	}
	took := make([]time.Duration, n)
	before, err := red.usage(m.ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	err = parallel(n, crowdWorkers, func(i int) error {
		begin := time.Now()
		defer func() { took[i] = time.Since(begin) }()
		return c.attach(i)
	})
	if err != nil {
		return err
	}
	wall := time.Since(begin)
	after, err := red.usage(m.ctx)
	if err != nil {
		return err
	}
	if err := m.expectSome(c, n, true); err != nil {
		return err
	}
	slices.Sort(took)
	m.record(askClusterStorm, sample{
		clients: n, value: float64(n) / wall.Seconds(),
		details: []float64{percentile(took, 50), percentile(took, 99), percentile(took, 100), after.since(before).microsPer(n)},
	})
	return nil
}

// percentile returns that of sorted durations, in milliseconds.
func percentile(sorted []time.Duration, p int) float64 {
	return sorted[min(len(sorted)-1, len(sorted)*p/100)].Seconds() * 1e3
}
