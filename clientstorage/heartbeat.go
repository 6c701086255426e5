package clientstorage

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
)

// sweepEvery is how soon each part is written again, changed or not, which mends
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
	for {
		s.beat()
		select {
		case <-s.stopped.Done():
			return
		case <-ticker.C:
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
	s.retireLevels(ctx)
	s.settle(ctx)
	s.writeBehind(ctx)
}

// sweep marks the parts for writing that were not written for long.
func (s *shared) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for p, st := range s.parts {
		if now.After(st.due) {
			s.touch(p)
		}
	}
	s.flush()
}

// sweepDue returns when a part that is written now is to be written again. A
// little chance keeps those that were written together from staying together.
func sweepDue() time.Time {
	return time.Now().Add(sweepEvery - rand.N(sweepEvery/5))
}

// join puts this node into the list of nodes, if it is missing, and looks
// whether it stayed there: nodes that start together may overwrite each other.
// The next heartbeat looks again.
func (s *shared) join(ctx context.Context) error {
	for range 3 {
		s.mu.Lock()
		joined := s.joined
		s.mu.Unlock()
		if joined {
			return nil
		}
		nodes, err := s.fetchNodes(ctx)
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
			return err
		}
		if slices.Contains(nodes, s.table.node) {
			s.mu.Lock()
			s.setJoined(true)
			s.mu.Unlock()
			return nil
		}
		live, err := s.leasedOf(ctx, nodes)
		if err != nil {
			return err
		}
		err = s.driver.Save(ctx, s.nodesKey(), appendNodes(nil, append(live, s.table.node)), nodesTTL)
		if err != nil {
			return err
		}
	}
	return nil
}

// leasedOf returns those of nodes that have a lease, so that the list does not
// grow with every restart. One that is dropped by mistake joins again.
func (s *shared) leasedOf(ctx context.Context, nodes []NodeID) ([]NodeID, error) {
	keys := make([]string, len(nodes))
	for i, node := range nodes {
		keys[i] = s.leaseKey(node)
	}
	var live []NodeID
	for i, value := range s.fetchEach(ctx, keys) {
		switch {
		case errors.Is(value.err, ErrNotFound):
		case value.err != nil && !errors.Is(value.err, ErrCorrupt):
			return nil, value.err
		case len(live) < maxNodes-1:
			live = append(live, nodes[i])
		}
	}
	return live, nil
}
