package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

const heapBaseline = "maps by hand"

// addHeap is called from the init function of a subject's file. The cluster has
// one node, and only attaches.
func addHeap(name string, needsRedis bool, open openCluster) {
	subjects = append(subjects, subject{name: name, heap: open, needsRedis: needsRedis})
}

// measureHeap measures what an attached client takes of this process' heap: five
// times as many clients as the cluster questions have, and half as many. That
// does not change from round to round.
func (r *run) measureHeap(ctx context.Context, s subject) error {
	if r.roundNumber > 1 {
		return nil
	}
	begin := time.Now()
	many, few := 5*r.cluster.clients, max(1, r.cluster.clients/2)
	ofMany, err := heapPerClient(ctx, s, many)
	if err != nil {
		return err
	}
	ofFew, err := heapPerClient(ctx, s, few)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.progress, "%.1f s: %s: %s\n", time.Since(begin).Seconds(), s.name, askHeap)
	r.record(askHeap, s, sample{clients: many, value: ofMany, details: []float64{ofFew}})
	return nil
}

func heapPerClient(ctx context.Context, s subject, n int) (bytes float64, err error) {
	spec := clusterSpec{nodes: 1, crowd: crowd(n)}
	if s.needsRedis {
		red, err := startRedis(ctx)
		if err != nil {
			return 0, err
		}
		defer red.stop()
		spec.addr = red.addr
	}
	c, err := s.heap(ctx, spec)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	before := heapInUse()
	if err := parallel(n, churnWorkers, c.attach); err != nil {
		return 0, err
	}
	if err := expectCluster(c, n); err != nil {
		return 0, err
	}
	after := heapInUse()
	runtime.KeepAlive(c)
	return (after - before) / float64(n), nil
}

// heapInUse returns the bytes of what is reachable. Pools keep what they hold for
// one collection.
func heapInUse() float64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}
