package main

import (
	"errors"
	"math"
	"time"
)

// idle attaches all clients to many nodes, leaves them alone, and asks after
// them.
func (m *clusterMeter) idle() (err error) {
	n := m.setup.clients
	red, c, stop, err := m.open(m.setup.nodes, n, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	crowds := []idleCrowd{{red, c, n}}
	_, beats := c.(beater)
	if m.asked(askClusterIdle) && !beats {
		// Another cluster, with a tenth of the clients, is idle at the same time.
		red, c, stop, err := m.open(m.setup.nodes, max(1, n/10), false)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
		crowds = append(crowds, idleCrowd{red, c, max(1, n/10)})
	}
	if err := m.fill(crowds, beats); err != nil {
		return err
	}
	switch {
	case beats: // asked or not, or else their keys expire
		err = m.beats(crowds[0])
	case m.asked(askClusterIdle):
		err = m.idleWrites(crowds)
	}
	if err != nil {
		return err
	}
	return m.ask(crowds[0])
}

// An idleCrowd is a cluster with its clients.
type idleCrowd struct {
	red     *redisServer
	cluster cluster
	clients int
}

// connectionRest is after how long without a command redis has given back what it
// had for a connection, and knows what is left. It looks at all of them once a
// second.
const connectionRest = 2200 * time.Millisecond

// fill attaches everybody and records the memory that the first crowd takes.
func (m *clusterMeter) fill(crowds []idleCrowd, beats bool) error {
	for _, c := range crowds {
		if err := m.warm(c.cluster, c.clients); err != nil {
			return err
		}
	}
	first := crowds[0]
	time.Sleep(min(connectionRest, m.setup.settle))
	before, err := first.red.usage(m.ctx)
	if err != nil {
		return err
	}
	for _, c := range crowds {
		if err := parallel(c.clients, churnWorkers, c.cluster.attach); err != nil {
			return err
		}
	}
	quiet := m.setup.settle
	if beats {
		quiet = min(connectionRest, quiet) // it does nothing that it is not told to
	}
	err = parallel(len(crowds), len(crowds), func(i int) error {
		c := crowds[i]
		return errors.Join(expectCluster(c.cluster, c.clients), c.red.settled(m.ctx, quiet))
	})
	if err != nil {
		return err
	}
	after, err := first.red.usage(m.ctx)
	if err != nil {
		return err
	}
	keys, err := first.red.client.DBSize(m.ctx).Result()
	if err != nil {
		return err
	}
	n := float64(first.clients)
	m.record(askClusterMemory, sample{
		clients: first.clients, value: float64(after.since(before).memory) / n, details: []float64{float64(keys) / n},
	})
	return nil
}

// sweepPeriod is how often a storage writes each key again.
const sweepPeriod = 10 * time.Minute

// idleWrites counts what nodes write whose clients do nothing, which is their
// leases and their share of the sweep.
func (m *clusterMeter) idleWrites(crowds []idleCrowd) error {
	var before [2]usage
	var err error
	for i, c := range crowds {
		if before[i], err = c.red.usage(m.ctx); err != nil {
			return err
		}
	}
	begin := time.Now()
	select {
	case <-time.After(m.setup.window):
	case <-m.ctx.Done():
		return m.ctx.Err()
	}
	var writes, reads, cpu, sweep [2]float64 // the last is what the number of keys lets expect
	for i, c := range crowds {
		after, err := c.red.usage(m.ctx)
		if err != nil {
			return err
		}
		used, seconds := after.since(before[i]), time.Since(begin).Seconds()
		keys, err := c.red.client.DBSize(m.ctx).Result()
		if err != nil {
			return err
		}
		w, r := used.requests()
		writes[i], reads[i], cpu[i] = float64(w)/seconds, float64(r)/seconds, used.cpu.Seconds()*1e3/seconds
		sweep[i] = float64(keys) / sweepPeriod.Seconds()
	}
	m.record(askClusterIdle, sample{
		clients: crowds[0].clients, value: writes[0],
		details: []float64{writes[1], sweep[0], reads[0], cpu[0]},
	})
	return nil
}

// beats has every client beat once, and computes what that comes to if it does so
// all the time.
func (m *clusterMeter) beats(c idleCrowd) error {
	before, err := c.red.usage(m.ctx)
	if err != nil {
		return err
	}
	err = parallel(m.setup.nodes, m.setup.nodes, func(node int) error {
		var own []int
		for i := node; i < c.clients; i += m.setup.nodes {
			own = append(own, i)
		}
		return c.cluster.(beater).beat(own)
	})
	if err != nil {
		return err
	}
	after, err := c.red.usage(m.ctx)
	if err != nil {
		return err
	}
	used, period := after.since(before), peerBeat.Seconds()
	w, r := used.requests()
	writes, reads, cpu := float64(w)/period, float64(r)/period, used.cpu.Seconds()*1e3/period
	m.record(askClusterIdle, sample{clients: c.clients, value: writes, details: []float64{writes / 10, math.NaN(), 0, reads, cpu}})
	return nil
}
