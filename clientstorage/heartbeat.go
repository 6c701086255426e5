package clientstorage

import (
	"context"
	"time"
)

// sweepEvery is how often each part is written again, changed or not, which mends
// what a cache dropped.
const sweepEvery = partTTL / 3

// live begins the heartbeat, if it has not begun. Whoever calls it holds mu.
func (s *shared) live() {
	if !s.living {
		s.living = true
		s.busy.Go(s.heartbeat)
	}
}

func (s *shared) isNode() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.living && !s.closed
}

// heartbeat renews the lease until the storage is closed, and mends what is
// different in the cache.
func (s *shared) heartbeat() {
	ticker := time.NewTicker(s.opts.Lease / 3)
	defer ticker.Stop()
	s.beat()
	for {
		select {
		case <-s.stopped.Done():
			return
		case <-ticker.C:
			s.beat()
		case <-s.added:
			s.rejoin()
		}
	}
}

func (s *shared) beat() {
	// One beat may take as long as the lease is safe: the next is due then.
	ctx, cancel := context.WithTimeout(s.stopped, s.opts.Lease/3)
	defer cancel()
	began := time.Now()
	err := s.renew(ctx)
	s.report(began, err)
	if err != nil {
		return
	}
	// The lease stands, so the cache works. What it does not take all the same
	// is told by judge.
	s.resumeLevel()
	s.sweep()
	s.settle(ctx)
	s.writeBehind(ctx)
	s.retireLevels(ctx)
}

// sweep marks the parts for writing whose time has come. Each has a time of its
// own, so there are never many at once.
func (s *shared) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for p, st := range s.parts {
		if now.After(st.due) {
			st.due = now.Add(sweepEvery)
			s.touch(p)
		}
	}
	s.flush()
}
