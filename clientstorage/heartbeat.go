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
	swept time.Time // when every page was last written
}

func (b *beat) once(ctx context.Context, s *shared) error {
	// One beat may take as long as the lease is safe: the next is due then.
	ctx, cancel := context.WithTimeout(ctx, s.opts.Lease/3)
	defer cancel()
	if err := s.saveLease(ctx); err != nil {
		return err
	}
	if now := time.Now(); now.Sub(b.swept) >= sweepEvery {
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

// close withdraws the node. A call that comes while another is at it waits, and
// one that comes after a failure tries again.
func (s *shared) close(ctx context.Context) error {
	// Whatever comes of the rest, this node renews its lease no more.
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	select {
	case s.closing <- struct{}{}:
		defer func() { <-s.closing }()
	case <-ctx.Done():
		return wrap("close", ctx.Err())
	}
	if s.withdrawn {
		return nil
	}
	if err := s.quiet(ctx); err != nil {
		return wrap("close", err)
	}
	if err := s.withdraw(ctx); err != nil {
		return wrap("close", err)
	}
	s.withdrawn = true
	return nil
}

// quiet waits until nothing of this node is on its way to the cache.
func (s *shared) quiet(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		<-s.done
		s.publishing.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// withdraw removes what this node wrote. The lease goes first, which hides all
// of its clients at once; the pages only take up room from then on.
func (s *shared) withdraw(ctx context.Context) error {
	s.mu.Lock()
	pages := make([]string, 0, len(s.pages))
	for page := range s.pages {
		pages = append(pages, s.pageKey(s.table.node, page))
	}
	s.mu.Unlock()
	if err := s.driver.Delete(ctx, s.leaseKey(s.table.node)); err != nil {
		return err
	}
	if err := DeleteMany(ctx, s.driver, pages); err != nil {
		return err
	}
	return s.leave(ctx)
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
