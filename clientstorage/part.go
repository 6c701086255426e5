package clientstorage

import (
	"context"
	"time"
)

// A part is what one key of this node holds: a page of clients, or a list of
// users.
type part struct {
	level  int8 // of a list; of a page, pageLevel
	number uint32
}

const pageLevel = -1

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
	due      time.Time     // when it is to be written again, changed or not
	emptied  time.Time     // since when there is nothing in it; else zero
	// behind is since when the cache may not follow: it was not given a change
	// yet, or a late write may undo it. Zero if it does follow.
	behind time.Time
}

// publish brings a change into the cache, or gives up after the timeout and
// leaves it to the heartbeat. The error is for those who fail closed.
func (s *shared) publish(ctx context.Context, c change) error {
	marks := s.touchChange(c)
	if len(marks) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	for _, m := range marks {
		if err := s.wait(ctx, m); err != nil {
			return err
		}
	}
	if !c.arrived {
		return nil
	}
	return s.cover(ctx, c.client.ID.slot/pageSlots)
}

// note is publish for those who do not wait.
func (s *shared) note(c change) { s.touchChange(c) }

// A mark is a change of a part, to wait for.
type mark struct {
	state   *partState
	version uint64
}

// touchChange notes what a change makes different in the cache, and returns what
// is to be waited for.
//
// That is the page, and the list of users unless many others come first: in a
// storm of clients, lists are worth writing only when many of their users have
// come, and pages are full at once.
func (s *shared) touchChange(c change) (wait []mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	page := c.client.ID.slot / pageSlots
	wait = append(make([]mark, 0, 2), s.touch(part{pageLevel, page}))
	if c.pages {
		crowded := len(s.queue.lists) >= crowd
		for _, level := range s.levels.written() {
			m := s.touch(part{int8(level), c.hash & (1<<level - 1)})
			if !crowded {
				wait = append(wait, m)
			}
		}
	}
	s.fitLevel(c.users)
	s.live()
	s.flush()
	if s.opts.NoWait || s.trouble.down() && !s.opts.FailClosed {
		return nil
	}
	return wait
}

// touch notes that a part has changed. Whoever calls it holds mu, and calls
// flush.
func (s *shared) touch(p part) mark {
	st := s.parts[p]
	if st == nil {
		st = &partState{part: p}
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
	return mark{st, s.version}
}

func (s *shared) enqueue(st *partState) {
	switch {
	case st.queued || st.writing:
		return // when the write ends, it is enqueued if need be
	case st.level == pageLevel:
		s.queue.pages = append(s.queue.pages, st)
	default:
		s.queue.lists = append(s.queue.lists, st)
	}
	st.queued = true
}

// wait returns when the cache has a change, or could not be given it.
func (s *shared) wait(ctx context.Context, m mark) error {
	for {
		s.mu.Lock()
		st := m.state
		switch {
		case st.saved >= m.version:
			s.mu.Unlock()
			return nil
		case st.failed >= m.version && !st.queued && !st.writing:
			err := st.err
			s.mu.Unlock()
			return err
		case s.closed:
			s.mu.Unlock()
			return errClosed
		}
		if st.ended == nil {
			st.ended = make(chan struct{})
		}
		ended := st.ended
		s.mu.Unlock()
		select {
		case <-ended:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopped.Done():
			return errClosed
		}
	}
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
// waits for that. The heartbeat calls it, also while the cache is down. A part
// that the cache has refused twice is tried again, but is no error: it must not
// keep all others from being seen.
func (s *shared) writeBehind(ctx context.Context) error {
	s.mu.Lock()
	var behind []mark
	for _, st := range s.parts {
		if st.saved < st.changed {
			st.failed = 0
			s.enqueue(st)
			behind = append(behind, mark{st, st.changed})
		}
	}
	s.flush()
	s.mu.Unlock()
	var first error
	for _, m := range behind {
		if err := s.wait(ctx, m); err != nil && first == nil && !s.isRefused(m.state) {
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
	return s.table.appendList(b, uint8(p.level), p.number)
}

func (s *shared) partKey(p part) string {
	if p.level == pageLevel {
		return s.pageKey(s.table.node, p.number)
	}
	return s.listKey(s.table.node, uint8(p.level), p.number)
}
