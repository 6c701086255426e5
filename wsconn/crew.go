package wsconn

import (
	"runtime"
	"sync"
	"time"
)

// A crew does what may wait for something: a session to be read, a cache, a handler
// that takes its time.
//
// Invariant: a job never waits for others for long. There are as few goroutines as
// the jobs need, because the memory of a goroutine is never given back to those who
// come after a storm; but when the jobs that wait would take too long at the present
// pace, whatever they wait for, there are soon more.
type crew struct {
	running *sync.WaitGroup // of all jobs
	rouse   func()          // has look called

	mu      sync.Mutex
	jobs    []func()
	free    int // goroutines that wait for a job
	workers int
	done    int // jobs that were begun since the last look
	closed  bool
	wake    *sync.Cond
}

// spare is how many goroutines stay when there is nothing to do.
var spare = max(4, 2*runtime.GOMAXPROCS(0))

func newCrew(running *sync.WaitGroup, rouse func()) *crew {
	c := &crew{running: running, rouse: rouse}
	c.wake = sync.NewCond(&c.mu)
	return c
}

// do has a job done soon, and returns at once.
func (c *crew) do(job func()) {
	c.running.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs = append(c.jobs, job)
	switch {
	case len(c.jobs) <= c.free: // some of them may be on their way to a job already
		c.wake.Signal()
	case c.workers < spare || c.closed:
		c.hire()
	default:
		c.rouse()
	}
}

func (c *crew) hire() {
	c.workers++
	go c.work()
}

func (c *crew) work() {
	// A job that ends its goroutine, as a test's FailNow does, takes nobody's place.
	defer c.leave()
	for {
		job := c.next()
		if job == nil {
			return
		}
		c.run(job)
	}
}

func (c *crew) run(job func()) {
	defer c.running.Done()
	job()
}

// next waits for a job. It returns nil if the goroutine is not needed any more.
func (c *crew) next() func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.jobs) == 0 {
		if c.closed || c.free >= spare {
			return nil
		}
		c.free++
		c.wake.Wait()
		c.free--
	}
	job := c.jobs[0]
	c.jobs[0] = nil
	if c.jobs = c.jobs[1:]; len(c.jobs) == 0 {
		c.jobs = nil
	}
	c.done++
	return job
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers--
}

const (
	// lookInterval is how often the overseer looks at the crew and the loops.
	lookInterval = 10 * time.Millisecond
	// patience is how many looks the jobs that wait may take at the present pace.
	patience = 8
)

// look hires more if those there are do not keep up, and reports whether there is
// anything to do at all. It is called every lookInterval while there is.
func (c *crew) look() (busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	done := c.done
	c.done = 0
	if len(c.jobs) > done*patience {
		for range min(len(c.jobs), max(c.workers, 1)) {
			c.hire()
		}
	}
	return c.workers > c.free
}

// busy reports whether there is anything to do.
func (c *crew) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.workers > c.free
}

// close lets the goroutines go when all is done.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.wake.Broadcast()
}
