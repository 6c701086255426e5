package clientstorage

import (
	"context"
	"errors"
	"slices"
	"time"
)

// heartbeat renews the lease until ctx ends. At each beat it also writes the
// pages that could not be written before, and now and then all of them.
func (s *shared) heartbeat(ctx context.Context) {
	defer close(s.done)
	ticker := time.NewTicker(s.opts.Lease / 3)
	defer ticker.Stop()
	var beat beat
	for {
		err := beat.once(ctx, s)
		if ctx.Err() != nil {
			return
		}
		s.report(err)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// A beat is what one heartbeat must know of those before it.
type beat struct {
	leased bool      // a lease was written
	swept  time.Time // when every page was last written
}

func (b *beat) once(ctx context.Context, s *shared) error {
	// One beat may take as long as the lease is safe: the next is due then.
	ctx, cancel := context.WithTimeout(ctx, s.opts.Lease/3)
	defer cancel()

	_, err := s.fetchLease(ctx, s.table.node)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
		return err
	}
	// A lease that is gone although this node renewed it tells that the cache
	// was wiped, or that this node was paused for longer than its lease. The
	// pages may be gone as well.
	lost := err != nil && b.leased
	if err := s.saveLease(ctx); err != nil {
		return err
	}
	b.leased = true

	now := time.Now()
	if sweep := now.Sub(b.swept) >= sweepEvery; sweep || lost {
		s.touchAll()
		b.swept = now
	}
	if err := s.join(ctx); err != nil {
		return err
	}
	return s.flushAll(ctx)
}

// touchAll marks every page for writing.
func (s *shared) touchAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.pages {
		s.version++
		st.changed = s.version
	}
}

// join puts this node into the list of nodes, if it is missing, and looks
// whether it stayed there: nodes that start together may overwrite each other.
// The next heartbeat looks again.
func (s *shared) join(ctx context.Context) error {
	for range 3 {
		nodes, err := s.fetchNodes(ctx)
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
			return err
		}
		if slices.Contains(nodes, s.table.node) {
			s.mu.Lock()
			s.joined = true
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

// nodesTTL is long, because a list that expires is only written again at the
// next heartbeat of each node.
const nodesTTL = 30 * 24 * time.Hour

// close withdraws the node. The lease goes first, which hides all of its clients
// at once; the pages only take up room from then on.
func (s *shared) close(ctx context.Context) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	pages := make([]string, 0, len(s.pages))
	for page := range s.pages {
		pages = append(pages, s.pageKey(s.table.node, page))
	}
	s.mu.Unlock()
	s.stop()
	<-s.done
	s.publishing.Wait()

	err := s.driver.Delete(ctx, s.leaseKey(s.table.node))
	if err == nil {
		err = DeleteMany(ctx, s.driver, pages)
	}
	if err == nil {
		err = s.leave(ctx)
	}
	if err != nil {
		return wrap("close", err)
	}
	return nil
}

// leave takes this node out of the list of nodes.
func (s *shared) leave(ctx context.Context) error {
	nodes, err := s.fetchNodes(ctx)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	i := slices.Index(nodes, s.table.node)
	if i < 0 {
		return nil
	}
	nodes = slices.Delete(nodes, i, i+1)
	if len(nodes) == 0 {
		return s.driver.Delete(ctx, s.nodesKey())
	}
	return s.driver.Save(ctx, s.nodesKey(), appendNodes(nil, nodes), nodesTTL)
}
