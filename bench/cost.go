package main

import (
	"runtime"
	"sync"
	"time"
)

// A cost adds up what operations in this process cost, over several
// measurements.
type cost struct {
	ops       int
	cpu, wall time.Duration
	allocs    uint64
}

// time adds f, which does a number of operations. The CPU time is that of the
// whole process, so it includes what f leaves to other goroutines and to the
// garbage collector.
func (c *cost) time(ops int, f func() error) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, err := cpuTime()
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := f(); err != nil {
		return err
	}
	c.wall += time.Since(begin)
	now, err := cpuTime()
	if err != nil {
		return err
	}
	c.cpu += now - cpu
	runtime.ReadMemStats(&after)
	c.allocs += after.Mallocs - before.Mallocs
	c.ops += ops
	return nil
}

func (c *cost) sample(clients int) sample {
	ops := float64(c.ops)
	return sample{
		clients: clients,
		value:   float64(c.cpu.Nanoseconds()) / ops,
		allocs:  float64(c.allocs) / ops,
		wall:    c.wall.Seconds() / ops,
	}
}

// parallel calls f for 0 to n-1 from several goroutines at once, and returns the
// first error, after which it begins no more calls.
func parallel(n, workers int, f func(i int) error) error {
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
		stop  = make(chan struct{})
	)
	for w := range min(n, workers) {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				select {
				case <-stop:
					return
				default:
				}
				if err := f(i); err != nil {
					once.Do(func() { first = err; close(stop) })
					return
				}
			}
		})
	}
	wg.Wait()
	return first
}
