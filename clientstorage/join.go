package clientstorage

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
)

// join puts this node into the list of nodes, if it is missing, and looks
// whether it stayed there: nodes that start together may overwrite each other.
// The next heartbeat looks again, and if again is set, rejoin does so before.
func (s *shared) join(ctx context.Context, again bool) error {
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
		s.mu.Lock()
		joined = s.isListed(nodes)
		s.setJoined(joined)
		s.mu.Unlock()
		if joined {
			return nil
		}
		nodes = slices.DeleteFunc(nodes, func(id NodeID) bool { return id == s.table.node })
		live, err := s.leasedOf(ctx, nodes)
		if err != nil {
			return err
		}
		err = s.driver.Save(ctx, s.nodesKey(), appendNodes(nil, append(live, s.table.node)), nodesTTL)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.listed = time.Now()
		s.mu.Unlock()
		if again {
			select {
			case s.added <- struct{}{}:
			default:
			}
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

// isListed reports whether this node is among nodes, and has not to write them
// again, lest the list expire. Whoever calls it holds mu.
func (s *shared) isListed(nodes []NodeID) bool {
	return slices.Contains(nodes, s.table.node) && time.Since(s.listed) < nodesTTL/2
}

// rejoin looks again, soon after this node was added to the list of nodes: those
// that begin together overwrite each other, also after they have seen themselves
// there. So they do not look all at once.
func (s *shared) rejoin() {
	const soon = 100 * time.Millisecond
	select {
	case <-s.stopped.Done():
		return
	case <-time.After(soon/2 + rand.N(soon)):
	}
	ctx, cancel := context.WithTimeout(s.stopped, s.opts.Lease/3)
	defer cancel()
	nodes, err := s.fetchNodes(ctx)
	if err != nil {
		return // the next heartbeat looks
	}
	s.mu.Lock()
	s.setJoined(s.isListed(nodes))
	s.mu.Unlock()
	s.join(ctx, false)
}
