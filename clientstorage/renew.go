package clientstorage

import (
	"context"
	"errors"
	"math/bits"
	"time"
)

// A renewal is what one renewal of the lease must know of those before it. It is
// used by one goroutine at a time, lest an older lease replace a newer one.
type renewal struct {
	began    time.Time // when the last one that succeeded began
	sequence uint64
	// mark is the number that the mark in the cache has, or 0 if that is not
	// known; tried, the last one that was sent. A number is used once.
	mark, tried uint64
	// lost says that not all is written since the mark was.
	lost bool
}

// renew renews the lease and sees to it that this node is in the list of nodes.
//
// What tells that the cache may have lost what this node wrote is the mark, a key
// that is written before all others and then left alone: as long as it is there,
// the cache was not wiped since. No other key is as good a sign, because it may
// be written again, by this node or another one, between the wipe and the next
// look. The node's own clock tells that it was paused for so long that its pages
// may have expired. In either case there is a new mark, then all is written
// again, and then the lease: until then the node is not seen, rather than seen in
// part. A node that begins is in the same case.
func (s *shared) renew(ctx context.Context) error {
	select {
	case s.leasing <- struct{}{}:
		defer func() { <-s.leasing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	r := &s.renewal
	began := time.Now()
	if err := s.look(ctx); err != nil {
		return err
	}
	if r.mark == 0 {
		if err := s.newMark(ctx); err != nil {
			return err
		}
		r.lost = true
		s.touchAll()
	}
	if r.lost {
		if err := s.writeBehind(ctx); err != nil {
			return err
		}
		r.lost = false
	}
	if err := s.saveLease(ctx); err != nil {
		return err
	}
	r.began = began
	if away(began) > s.opts.Lease {
		r.mark = 0 // paused in the middle of this, for who knows how long
	}
	return s.join(ctx, true)
}

// look forgets the mark if the cache does not have it, or this node was away for
// longer than its lease; and whether the node is in the list of nodes.
func (s *shared) look(ctx context.Context) error {
	r := &s.renewal
	if r.mark == 0 {
		return nil
	}
	if away(r.began) > s.opts.Lease {
		r.mark = 0
	}
	got := s.fetchEach(ctx, []string{s.markKey(s.table.node), s.nodesKey()})
	mark, err := markIn(got[0])
	switch {
	case err == nil && mark == r.mark:
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, ErrCorrupt):
		r.mark = 0
	default:
		return err
	}
	nodes, err := s.nodesIn(ctx, got[1])
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setJoined(s.isListed(nodes))
	return nil
}

// away is how long ago a time was, by the clock that is further. The one that
// never jumps stands still while the computer sleeps; if the other one jumps,
// that costs no more than to write all again.
func away(since time.Time) time.Duration {
	return max(time.Since(since), time.Now().Round(0).Sub(since.Round(0)))
}

// newMark writes a mark that was never there before: one that is late must not
// be taken for it.
func (s *shared) newMark(ctx context.Context) error {
	r := &s.renewal
	r.tried++
	value := appendMark(nil, r.tried)
	if err := s.driver.Save(ctx, s.markKey(s.table.node), value, nodesTTL); err != nil {
		return err
	}
	r.mark, r.began = r.tried, time.Now()
	return nil
}

// saveLease writes the lease as it has to be now. Close waits for it, and does
// not cut it short: a lease that is on its way would arrive after its deletion.
func (s *shared) saveLease(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opts.Lease/3)
	defer cancel()
	r := &s.renewal
	r.sequence++
	s.mu.Lock()
	l := lease{
		sequence: r.sequence,
		pages:    s.covering(),
		level:    s.levels.announced(),
		ttl:      s.opts.Lease,
		lag:      min(s.lag(), maxLag),
		name:     s.opts.Name,
	}
	// What the new lease leaves out is from now on not covered, whether it
	// arrives or not.
	s.setLeased(min(s.leased, l.pages))
	s.mu.Unlock()
	l.count = s.table.count()
	err := s.driver.Save(ctx, s.leaseKey(s.table.node), l.append(nil), s.opts.Lease)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.setLeased(0) // nobody knows which lease is there
		return err
	}
	s.setLeased(l.pages)
	s.settleLevel(l.level)
	return nil
}

// setLeased and setJoined note how far whoever lists clients reads: to the pages
// that the lease covers, if this node is in the list of nodes. Whoever calls them
// holds mu.
func (s *shared) setLeased(pages uint32) {
	s.leased = pages
	s.setJoined(s.joined)
}

func (s *shared) setJoined(joined bool) {
	s.joined = joined
	if joined {
		s.covered.Store(s.leased)
	} else {
		s.covered.Store(0)
	}
}

// covering returns how many pages the lease has to cover: a power of two, so
// that a node that grows seldom has to renew it before its time.
func (s *shared) covering() uint32 {
	pages := uint32(0)
	for p, st := range s.parts {
		if p.level == pageLevel && st.emptied.IsZero() {
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
func (s *shared) cover(ctx context.Context, page uint32, timeout <-chan time.Time) error {
	for range 2 { // a renewal that is under way may have begun without the page
		s.mu.Lock()
		switch {
		case page < s.covered.Load():
			s.mu.Unlock()
			return nil
		case s.closed:
			s.mu.Unlock()
			return errClosed
		}
		if s.early == nil {
			s.early = &earlyRenewal{done: make(chan struct{})}
			s.busy.Go(s.renewEarly)
		}
		early := s.early
		s.mu.Unlock()
		select {
		case <-early.done:
		case <-timeout:
			return context.DeadlineExceeded
		case <-ctx.Done():
			return ctx.Err()
		}
		if early.err != nil {
			return early.err
		}
	}
	return nil
}

// An earlyRenewal is one before the time of the heartbeat, for all who wait for
// it. Whoever gives up does not cut it short for the others.
type earlyRenewal struct {
	done chan struct{}
	err  error // to be read when done is closed
}

func (s *shared) renewEarly() {
	ctx, cancel := context.WithTimeout(s.stopped, s.opts.Lease/3)
	defer cancel()
	began := time.Now()
	err := s.renew(ctx)
	s.report(began, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.early.err = err
	close(s.early.done)
	s.early = nil
}
