package clientstorage

import (
	"context"
	"errors"
	"math/bits"
	"slices"
	"time"
)

// A renewal is what one renewal of the lease must know of those before it. It is
// used by one goroutine at a time, lest an older lease replace a newer one.
type renewal struct {
	began    time.Time // when the last one that succeeded began; zero before the first
	sequence uint64
	// lost says that the cache may have lost anything, and not all is written
	// again; suspect, that the next renewal must take it for that.
	lost, suspect bool
	// sentinel is a part that the cache had when the lease was last renewed. As
	// long as it is there, the cache was not wiped since.
	sentinel mark
}

// renew renews the lease and sees to it that this node is in the list of nodes.
//
// What tells that the cache may have lost what this node wrote: its lease is
// gone; its name is gone from the list of nodes, and the sentinel with it; or it
// was paused for longer than the lease lasts. Then all is written again, and
// before the lease: until then the node is not seen, rather than seen in part.
func (s *shared) renew(ctx context.Context) error {
	select {
	case s.leasing <- struct{}{}:
		defer func() { <-s.leasing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for range 3 { // once, unless it is lost again in the middle of it
		whole, err := s.renewOnce(ctx)
		if err != nil {
			return err
		}
		if whole {
			break
		}
	}
	return s.join(ctx)
}

func (s *shared) renewOnce(ctx context.Context) (whole bool, err error) {
	r := &s.renewal
	began := time.Now()
	lost, err := s.lost(ctx)
	if err != nil {
		return false, err
	}
	if lost && !r.lost {
		r.lost, r.suspect = true, false
		s.mu.Lock()
		s.joined = false // join looks
		s.mu.Unlock()
		if err := s.touchSentinel(ctx); err != nil {
			return false, err
		}
		s.touchAll()
	}
	if r.lost {
		if err := s.writeBehind(ctx); err != nil {
			return false, err
		}
	}
	if err := s.saveLease(ctx); err != nil {
		return false, err
	}
	if r.lost {
		gone, err := s.sentinelGone(ctx)
		if err != nil {
			return false, err
		}
		r.lost = false
		r.suspect = gone // wiped once more, while all was written again
	}
	if time.Since(began) > s.opts.Lease {
		r.suspect = true // paused in the middle of this, for who knows how long
	}
	r.sentinel = s.pickSentinel()
	r.began = began
	return !r.suspect, nil
}

// lost looks for signs that the cache may have lost anything.
func (s *shared) lost(ctx context.Context) (bool, error) {
	r := &s.renewal
	if r.began.IsZero() {
		return false, nil // nothing was there
	}
	if r.suspect || time.Since(r.began) > s.opts.Lease {
		return true, nil
	}
	_, err := s.fetchLease(ctx, s.table.node)
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		return true, nil
	case err != nil:
		return false, err
	}
	nodes, err := s.fetchNodes(ctx)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
		return false, err
	}
	s.mu.Lock()
	missing := s.joined && !slices.Contains(nodes, s.table.node)
	s.joined = s.joined && !missing
	s.mu.Unlock()
	if !missing {
		return false, nil
	}
	// Another node may have overwritten the list, which loses nothing else.
	return s.sentinelGone(ctx)
}

// touchSentinel writes one part before all others. If it is there when all of
// them are written, none of them was lost on the way.
func (s *shared) touchSentinel(ctx context.Context) error {
	s.mu.Lock()
	var m mark
	for p := range s.parts {
		if _, some := s.appendPart(nil, p); some {
			m = s.touch(p)
			s.enqueue(m.state)
			s.flush()
			break
		}
	}
	s.mu.Unlock()
	s.renewal.sentinel = m
	if m.state == nil {
		return nil
	}
	return s.wait(ctx, m)
}

// pickSentinel returns a part that the cache has, if there is one.
func (s *shared) pickSentinel() mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.parts {
		if st.saved == st.changed && st.doubt.IsZero() {
			return mark{st, st.saved}
		}
	}
	return mark{}
}

// sentinelGone reports whether the sentinel is not in the cache. If there is
// none, or it was written again meanwhile, nobody knows, and it is taken for
// gone.
func (s *shared) sentinelGone(ctx context.Context) (bool, error) {
	m := s.renewal.sentinel
	if m.state == nil {
		return true, nil
	}
	_, err := s.driver.Fetch(ctx, s.partKey(m.state.part))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return err != nil || m.state.saved != m.version, nil
}

// saveLease writes the lease as it has to be now.
func (s *shared) saveLease(ctx context.Context) error {
	r := &s.renewal
	r.sequence++
	s.mu.Lock()
	l := lease{
		sequence: r.sequence,
		pages:    s.covering(),
		level:    s.levels.announced(),
		ttl:      s.opts.Lease,
		lag:      s.trouble.lag(),
		name:     s.opts.Name,
	}
	// What the new lease leaves out is from now on not covered, whether it
	// arrives or not.
	s.leased = min(s.leased, l.pages)
	s.mu.Unlock()
	l.count = s.table.count()
	err := s.driver.Save(ctx, s.leaseKey(s.table.node), l.append(nil), s.opts.Lease)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.leased = 0 // nobody knows which lease is there
		return err
	}
	s.leased = l.pages
	s.settleLevel(l.level)
	return nil
}

// covering returns how many pages the lease has to cover: a power of two, so
// that a node that grows seldom has to renew it before its time.
func (s *shared) covering() uint32 {
	pages := uint32(0)
	for p := range s.parts {
		if p.level == pageLevel {
			pages = max(pages, p.number+1)
		}
	}
	if pages == 0 {
		return 0
	}
	return 1 << bits.Len32(pages-1)
}

// cover sees to it that whoever lists clients finds this node, and reads as far
// as page.
func (s *shared) cover(ctx context.Context, page uint32) error {
	s.mu.Lock()
	covered, closed := page < s.leased && s.joined, s.closed
	if !covered && !closed {
		s.busy.Add(1)
		defer s.busy.Done()
	}
	s.mu.Unlock()
	switch {
	case covered:
		return nil
	case closed:
		return errClosed
	}
	err := s.renew(ctx)
	s.report(err)
	return err
}
