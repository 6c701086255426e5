package main

import (
	"errors"
	"fmt"
	"time"
)

// rewrites wipes the cache under many nodes, and under one that has as many
// clients as they have together.
func (m *clusterMeter) rewrites() error {
	many, err := m.rewrite(m.setup.nodes)
	if err != nil {
		return err
	}
	one, err := m.rewrite(1)
	if err != nil {
		return err
	}
	m.record(askClusterRewrite, sample{
		clients: m.setup.clients, value: many.total.Seconds(),
		details: []float64{many.writing.Seconds(), many.cpu.Seconds(), one.total.Seconds(), one.writing.Seconds(), one.cpu.Seconds()},
	})
	return nil
}

// A rewriting is what it took to write everything again.
type rewriting struct {
	total   time.Duration // until a reader counts everybody
	writing time.Duration // the part after the first key is back
	cpu     time.Duration // of redis
}

func (m *clusterMeter) rewrite(nodes int) (took rewriting, err error) {
	n := m.setup.clients
	red, c, stop, err := m.open(nodes, n, true)
	if err != nil {
		return took, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := parallel(n, churnWorkers, c.attach); err != nil {
		return took, err
	}
	if err := expectCluster(c, n); err != nil {
		return took, err
	}
	if err := red.settled(m.ctx, min(m.setup.settle, connectionRest)); err != nil {
		return took, err
	}
	if err := red.client.FlushAll(m.ctx).Err(); err != nil {
		return took, err
	}
	begin := time.Now()
	before, err := red.usage(m.ctx)
	if err != nil {
		return took, err
	}
	first, err := m.whole(red, c.(counter), n)
	if err != nil {
		return took, err
	}
	took.total, took.writing = time.Since(begin), time.Since(first)
	after, err := red.usage(m.ctx)
	took.cpu = after.since(before).cpu
	return took, err
}

// whole waits until another process counts n clients, and returns when the first
// key was back.
func (m *clusterMeter) whole(red *redisServer, c counter, n int) (first time.Time, err error) {
	err = eventually(func() error {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		if first.IsZero() {
			if keys, err := red.client.DBSize(m.ctx).Result(); err != nil || keys == 0 {
				return errors.Join(err, errors.New("nothing is written again"))
			}
			first = time.Now()
		}
		got, err := c.count()
		if err == nil && got < n {
			err = fmt.Errorf("%d of %d clients are written again", got, n)
		}
		return err
	})
	return first, err
}
