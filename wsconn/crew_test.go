package wsconn

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// soonTrue waits until what holds. What else happens meanwhile, it does itself.
func soonTrue(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not true: %s", what)
		}
	}
}

func (c *crew) size() (workers, free, jobs int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.workers, c.free, len(c.jobs)
}

// A hundred jobs that block are all running after a few looks, and another one after
// that. When they are done, few goroutines are left, and when the crew is closed, none.
func TestCrewHiresForJobsThatBlock(t *testing.T) {
	t.Parallel()
	const blocking = 100
	var running sync.WaitGroup
	var roused, at atomic.Int32
	c := newCrew(&running, func() { roused.Add(1) })
	end := make(chan struct{})
	for range blocking {
		c.do(func() { at.Add(1); <-end })
	}
	if roused.Load() == 0 {
		t.Error("nobody is told that jobs wait")
	}
	looks := 0
	soonTrue(t, "all are running", func() bool {
		if _, _, jobs := c.size(); jobs > 0 {
			looks++
			if !c.look() {
				t.Error("nobody is busy")
			}
		}
		return at.Load() == blocking
	})
	if looks > 20 {
		t.Errorf("it took %d looks", looks)
	}
	if workers, _, _ := c.size(); workers > 2*blocking {
		t.Errorf("%d goroutines were hired for %d jobs", workers, blocking)
	}
	done := make(chan struct{})
	c.do(func() { close(done) })
	soonTrue(t, "the next job is done", func() bool {
		c.look()
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
	close(end)
	running.Wait()
	soonTrue(t, "few are left", func() bool {
		workers, free, _ := c.size()
		return workers <= spare && free == workers && !c.busy() && !c.look()
	})
	c.close()
	soonTrue(t, "none are left", func() bool { workers, _, _ := c.size(); return workers == 0 })
}

// Jobs that are soon done need nobody else, however many there are.
func TestCrewIsSmallForShortJobs(t *testing.T) {
	t.Parallel()
	var running sync.WaitGroup
	c := newCrew(&running, func() {})
	defer c.close()
	for range 2000 {
		c.do(func() {})
		if workers, _, _ := c.size(); workers > spare {
			t.Fatalf("%d goroutines, want at most %d", workers, spare)
		}
	}
	running.Wait()
}

// Jobs are done after close, too, for those who end late, though nobody looks any more.
func TestCrewWorksAfterClose(t *testing.T) {
	t.Parallel()
	var running sync.WaitGroup
	c := newCrew(&running, func() {})
	c.close()
	const jobs = 100
	var done atomic.Int32
	end := make(chan struct{})
	for range spare {
		c.do(func() { <-end })
	}
	for range jobs {
		c.do(func() { done.Add(1) })
	}
	soonTrue(t, "all are done", func() bool { return done.Load() == jobs })
	close(end)
	running.Wait()
	soonTrue(t, "none are left", func() bool { workers, _, _ := c.size(); return workers == 0 })
}
