package clientstorage

import (
	"context"
	"slices"
	"time"
)

// The users of a node are spread over 1<<level lists, by the hash of their
// names. The level follows the number of users, so that a list holds a dozen or
// two of them: many enough to share the price of a key, few enough to be written
// whenever one of them comes or goes. The lease tells it to the readers.
//
// While it changes, what changes goes into the lists of both levels. When all
// lists of the new level are written, the lease names it; and the lists of the
// old one are deleted some leases later.
type levels struct {
	now     uint8
	next    uint8 // what it is to become, or noLevel
	ready   bool  // all lists of the next level are written
	moving  bool  // a goroutine is at it
	retired []retiredLevel
	both    [2]uint8
}

type retiredLevel struct {
	level   uint8
	since   time.Time
	deleted int // so many of its lists
}

const (
	minLevel = 6 // below, a list more or less does not matter
	maxLevel = 26
	noLevel  = 255

	mostUsers  = 32 // in a list on average, before there are more lists
	idealUsers = 24
	leastUsers = 4 // before there are fewer
)

// levelFor returns the level at which so many users are well spread.
func levelFor(users int) uint8 {
	level := uint8(minLevel)
	for level < maxLevel && users > idealUsers<<level {
		level++
	}
	return level
}

// written returns the levels whose lists are kept.
func (l *levels) written() []uint8 {
	l.both = [2]uint8{l.now, l.next}
	if l.next == noLevel {
		return l.both[:1]
	}
	return l.both[:]
}

// announced returns the level that the lease has to name.
func (l *levels) announced() uint8 {
	if l.ready && l.next != noLevel {
		return l.next
	}
	return l.now
}

// fitLevel begins to change the level if it does not suit the number of users.
// Whoever calls it holds mu.
func (s *shared) fitLevel(users int) {
	l := &s.levels
	tooFew := l.now < maxLevel && users > mostUsers<<l.now
	tooMany := l.now > minLevel && users < leastUsers<<l.now && users >= 0
	if l.next != noLevel || !tooFew && !tooMany {
		return
	}
	next := levelFor(users)
	if slices.ContainsFunc(l.retired, func(r retiredLevel) bool { return r.level == next }) {
		return // see retireLevels
	}
	l.next = next
	for bucket := range uint32(1) << l.next {
		s.touch(part{l.next, bucket})
	}
	s.moveLevel()
}

// moveLevel starts the goroutine that brings the next level in.
func (s *shared) moveLevel() {
	if l := &s.levels; l.next == noLevel || l.ready || l.moving || s.closed {
		return
	}
	s.levels.moving = true
	s.busy.Go(func() {
		ctx, cancel := context.WithTimeout(s.stopped, s.opts.Lease)
		defer cancel()
		s.enterLevel(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.levels.moving = false
	})
}

// resumeLevel tries again what failed.
func (s *shared) resumeLevel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moveLevel()
}

// enterLevel waits until the lists of the next level are written, and renews the
// lease.
func (s *shared) enterLevel(ctx context.Context) {
	s.mu.Lock()
	next := s.levels.next
	var lists []pending
	for p, st := range s.parts {
		if p.level == next {
			lists = append(lists, pending{st, st.changed})
		}
	}
	s.mu.Unlock()
	for _, p := range lists {
		if s.wait(ctx, p, nil) != nil {
			return // which was judged when it was written
		}
	}
	s.mu.Lock()
	s.levels.ready = s.levels.next == next // else somebody else was faster
	s.mu.Unlock()
	began := time.Now()
	s.report(began, s.renew(ctx))
}

// settleLevel notes that the lease in the cache names a level. Whoever calls it
// holds mu.
func (s *shared) settleLevel(level uint8) {
	l := &s.levels
	if level == l.now || level != l.next {
		return
	}
	l.retired = append(l.retired, retiredLevel{level: l.now, since: time.Now()})
	for p, st := range s.parts {
		if p.level == l.now {
			st.saved = st.changed // nobody needs it any more
			st.wake()
			delete(s.parts, p)
		}
	}
	l.now, l.next, l.ready = level, noLevel, false
}

// retireLevels deletes the lists of levels that no lease names any more, when
// nobody can still be about to read them, and no write of them can still arrive.
// If that fails, it is tried again, and in the end the lists expire. Until it is
// done, the level does not come back: what is late would meet its new lists.
func (s *shared) retireLevels(ctx context.Context) {
	s.mu.Lock()
	var due []retiredLevel
	for _, r := range s.levels.retired {
		if time.Since(r.since) > s.opts.Timeout+s.settleTime() {
			due = append(due, r)
		}
	}
	s.mu.Unlock()
	for _, r := range due {
		for keys := range slices.Chunk(s.listKeys(r.level)[r.deleted:], deleteAtOnce) {
			err := DeleteMany(ctx, s.driver, keys)
			if s.retire(r.level, len(keys), err); err != nil {
				return
			}
		}
	}
}

const deleteAtOnce = 1024

// retire notes what came of deleting some lists of a retired level.
func (s *shared) retire(level uint8, deleted int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.levels.retired, func(r retiredLevel) bool { return r.level == level })
	r := &s.levels.retired[i]
	if err != nil {
		r.since = time.Now() // the deletion may arrive late
		return
	}
	if r.deleted += deleted; r.deleted == 1<<level {
		s.levels.retired = slices.Delete(s.levels.retired, i, i+1)
	}
}

// listKeys returns the keys of all lists of a level of this node.
func (s *shared) listKeys(level uint8) []string {
	keys := make([]string, 1<<level)
	for bucket := range keys {
		keys[bucket] = s.listKey(s.table.node, level, uint32(bucket))
	}
	return keys
}
