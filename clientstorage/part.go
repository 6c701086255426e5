package clientstorage

import (
	"context"
	"math/rand/v2"
	"time"
)

// A part is what one key of this node holds: a page of clients, or a list of
// users.
type part struct {
	level  uint8 // of a list; of a page, pageLevel
	number uint32
}

const pageLevel = 0 // lists have minLevel at least

// A partState says how far the cache follows one part.
//
// What is written is always the whole present part, never a change to it, and at
// most one write of a part is in flight. So changes that arrive while the cache
// is slow cost one more write together, and what has to be remembered of them is
// bounded by the number of clients, not by the number of changes.
type partState struct {
	part
	changed uint64 // version of the newest change
	saved   uint64 // version up to which the cache has them
	failed  uint64 // version that could not be written, for err
	err     error
	queued  bool
	writing bool
	// failures is how often in a row it could not be written; 2 is often.
	failures uint8
	ended    chan struct{} // closed when the next write ends; nil if nobody waits
	doubt    time.Time     // until when the cache may still change: see settle.go
	due      time.Time     // when the sweep writes it again, changed or not
	emptied  time.Time     // since when there is nothing in it; else zero
	// behind is since when the cache may not follow: it was not given a change
	// yet, or a late write may undo it. Zero if it does follow.
	behind time.Time
}

// publish brings a change into the cache, or gives up after the timeout and
// leaves it to the heartbeat. The error is for those who fail closed.
func (s *shared) publish(ctx context.Context, c change) error {
	wait, open := s.touchChange(c)
	if !open {
		return errClosed
	}
	return s.await(ctx, c, wait)
}

// await waits until the cache has a change.
func (s *shared) await(ctx context.Context, c change, wait [3]pending) error {
	if wait[0].state == nil {
		return nil
	}
	timeout := time.NewTimer(s.opts.Timeout)
	defer timeout.Stop()
	for _, p := range wait {
		if p.state == nil {
			break
		}
		if err := s.wait(ctx, p, timeout.C); err != nil {
			return err
		}
	}
	if page := c.client.ID.slot / pageSlots; c.arrived && page >= s.covered.Load() {
		return s.cover(ctx, page, timeout.C)
	}
	return nil
}

// A pending change of a part is waited for. The zero value is none.
type pending struct {
	state   *partState
	version uint64
}

// touchChange notes what a change makes different in the cache, and returns what
// is to be waited for: the page, and the lists of users unless many others come
// first. In a storm of clients, lists are worth writing only when many of their
// users have come, and pages are full at once. It reports false if the storage is
// closed.
func (s *shared) touchChange(c change) (wait [3]pending, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return wait, false
	}
	page := s.touch(part{pageLevel, c.client.ID.slot / pageSlots})
	lists := wait[1:]
	if c.pages {
		crowded := len(s.queue.lists) >= crowd
		for i, level := range s.levels.written() {
			p := s.touch(part{level, c.hash & (1<<level - 1)})
			if !crowded {
				lists[i] = p
			}
		}
	}
	s.fitLevel(c.users)
	s.live()
	s.flush()
	if s.opts.NoWait || s.trouble.down() && !s.opts.FailClosed {
		return [3]pending{}, true
	}
	wait[0] = page
	return wait, true
}

// touch notes that a part has changed. Whoever calls it holds mu, and calls
// flush.
func (s *shared) touch(p part) pending {
	st := s.parts[p]
	if st == nil {
		st = &partState{part: p, due: time.Now().Add(rand.N(sweepEvery))}
		s.parts[p] = st
	}
	s.version++
	st.changed = s.version
	if st.behind.IsZero() {
		st.behind = time.Now()
	}
	// While the cache is down, the heartbeat tries it, and nobody else.
	if !s.trouble.down() || s.opts.FailClosed {
		s.enqueue(st)
	}
	return pending{st, s.version}
}

func (s *shared) enqueue(st *partState) {
	switch {
	case st.queued || st.writing:
		return // when the write ends, it is enqueued if need be
	case st.level == pageLevel:
		s.queue.pages = append(s.queue.pages, st)
	case st.level == s.levels.next:
		s.queue.next = append(s.queue.next, st)
	default:
		s.queue.lists = append(s.queue.lists, st)
	}
	st.queued = true
}

// wait returns when the cache has a change, or could not be given it, or the
// time is up. A nil timeout is none. It waits on no channel that all who wait
// share, whose lock would be the bottleneck of a storm; so Close wakes them.
func (s *shared) wait(ctx context.Context, p pending, timeout <-chan time.Time) error {
	for {
		ended, err := s.lookAt(p)
		if ended == nil {
			return err
		}
		select {
		case <-ended:
		case <-timeout:
			return context.DeadlineExceeded
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lookAt returns what came of a change, or what to wait for before looking again.
func (s *shared) lookAt(p pending) (ended <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := p.state
	switch {
	case st.saved >= p.version:
		return nil, nil
	case st.failed >= p.version && !st.queued && !st.writing:
		return nil, st.err
	case s.closed:
		return nil, errClosed
	}
	if st.ended == nil {
		st.ended = make(chan struct{})
	}
	return st.ended, nil
}

// touchAll marks every part for writing.
func (s *shared) touchAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.parts {
		s.touch(p)
	}
}

// writeBehind writes every part that the cache does not have as it is now, and
// waits for that, also while the cache seems to be down. A part
// that the cache has refused twice is tried again, but is no error: it must not
// keep all others from being seen.
func (s *shared) writeBehind(ctx context.Context) error {
	s.mu.Lock()
	var behind []pending
	for _, st := range s.parts {
		if st.saved < st.changed {
			st.failed = 0
			s.enqueue(st)
			behind = append(behind, pending{st, st.changed})
		}
	}
	s.flush()
	s.mu.Unlock()
	var first error
	for _, p := range behind {
		if err := s.wait(ctx, p, nil); err != nil && first == nil && !s.isRefused(p.state) {
			first = err
		}
	}
	return first
}

func (s *shared) isRefused(st *partState) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return st.failures >= 2
}

// appendPart encodes what a part is now, and reports whether there is anything.
func (s *shared) appendPart(b []byte, p part) ([]byte, bool) {
	if p.level == pageLevel {
		return s.table.appendPage(b, p.number)
	}
	return s.table.appendList(b, p.level, p.number)
}

func (s *shared) partKey(p part) string {
	if p.level == pageLevel {
		return s.pageKey(s.table.node, p.number)
	}
	return s.listKey(s.table.node, p.level, p.number)
}
