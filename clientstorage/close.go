package clientstorage

import (
	"context"
	"errors"
	"slices"
)

// errClosed is what is said of changes that a closed storage does not write.
var errClosed = errors.New("clientstorage: closed")

// close withdraws the node. A call that comes while another is at it waits, and
// one that comes after a failure tries again.
func (s *shared) close(ctx context.Context) error {
	// Whatever comes of the rest, this node renews its lease no more.
	s.mu.Lock()
	s.closed = true
	for _, st := range s.parts {
		st.wake()
	}
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
		s.busy.Wait()
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
// of its clients at once; the rest only takes up room from then on.
func (s *shared) withdraw(ctx context.Context) error {
	s.mu.Lock()
	living := s.living
	keys := make([]string, 0, 1+len(s.parts))
	keys = append(keys, s.markKey(s.table.node))
	for p := range s.parts {
		keys = append(keys, s.partKey(p))
	}
	for _, r := range s.levels.retired {
		keys = append(keys, s.listKeys(r.level)...)
	}
	s.mu.Unlock()
	if !living {
		return nil // it wrote nothing
	}
	if err := s.driver.Delete(ctx, s.leaseKey(s.table.node)); err != nil {
		return err
	}
	if err := DeleteMany(ctx, s.driver, keys); err != nil {
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
