package clientstorage

import (
	"context"
	"errors"
	"math/bits"
	"time"
)

// A pageState says how far the cache follows one page of this node.
//
// What is written is always the whole present page, never a change to it, and
// at most one write of a page is in flight. So changes that arrive while the
// cache is slow cost one more write together, and nothing is queued.
type pageState struct {
	changed uint64        // version of the newest change
	saved   uint64        // version up to which the cache has them
	writing chan struct{} // closed when the write in flight ends; nil if none is
}

// pageTTL is how long a page outlives its last write, and sweepEvery how often
// each page is written again, changed or not, which mends what a cache dropped.
const (
	pageTTL    = 30 * time.Minute
	sweepEvery = pageTTL / 3
)

// publish brings the change of id's slot into the cache, or gives up after the
// timeout and leaves it to the heartbeat.
func (s *shared) publish(ctx context.Context, id ID) {
	page := id.slot / pageSlots
	version, ok := s.touch(page)
	if !ok {
		return // closed
	}
	defer s.publishing.Done()
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	err := s.flush(ctx, page, version)
	if err == nil {
		err = s.cover(ctx, page)
	}
	s.report(err)
}

// touch notes that page has changed and returns the number of the change. Close
// waits until the caller says that it is done publishing.
func (s *shared) touch(page uint32) (version uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, false
	}
	st := s.pages[page]
	if st == nil {
		st = &pageState{}
		s.pages[page] = st
	}
	s.version++
	st.changed = s.version
	s.publishing.Add(1)
	return s.version, true
}

// flush returns when the cache has page as it was at version, or newer.
func (s *shared) flush(ctx context.Context, page uint32, version uint64) error {
	for {
		s.mu.Lock()
		st := s.pages[page]
		if st == nil || st.saved >= version {
			s.mu.Unlock()
			return nil
		}
		if st.writing == nil {
			st.writing = make(chan struct{})
			s.mu.Unlock()
			return s.write(ctx, page, st)
		}
		writing := st.writing
		s.mu.Unlock()
		select {
		case <-writing:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// write saves page as it is now. The caller has set st.writing and with it has
// the right to write.
func (s *shared) write(ctx context.Context, page uint32, st *pageState) error {
	w := s.begin(page, st)
	var err error
	if w.clients == 0 {
		err = s.driver.Delete(ctx, w.item.Key)
	} else {
		err = s.driver.Save(ctx, w.item.Key, w.item.Value, w.item.TTL)
	}
	s.finish(w, err)
	return err
}

// A pageWrite is a write that is in flight.
type pageWrite struct {
	page    uint32
	state   *pageState
	version uint64
	clients int
	item    Item
}

func (s *shared) begin(page uint32, st *pageState) pageWrite {
	s.mu.Lock()
	version := st.changed
	s.mu.Unlock()
	// The page is encoded after its version is read, so it holds at least what
	// that version says.
	value, clients := s.table.appendPage(nil, page)
	return pageWrite{page, st, version, clients, Item{s.pageKey(s.table.node, page), value, pageTTL}}
}

func (s *shared) finish(w pageWrite, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := w.state
	if err == nil {
		st.saved = w.version
		if w.clients == 0 && st.changed == w.version {
			delete(s.pages, w.page)
		}
	}
	close(st.writing)
	st.writing = nil
}

// flushAll writes every page that the cache does not have as it is now, many at
// once. A page that somebody else is writing is left to them.
func (s *shared) flushAll(ctx context.Context) error {
	for {
		writes := s.claim()
		if len(writes) == 0 {
			return nil
		}
		var items []Item
		var empty []string
		for _, w := range writes {
			if w.clients == 0 {
				empty = append(empty, w.item.Key)
			} else {
				items = append(items, w.item)
			}
		}
		err := SaveMany(ctx, s.driver, items)
		if err == nil {
			err = DeleteMany(ctx, s.driver, empty)
		}
		for _, w := range writes {
			s.finish(w, err)
		}
		if err != nil {
			return err
		}
	}
}

// claim takes the right to write some of the pages that are behind.
func (s *shared) claim() []pageWrite {
	behind := make(map[uint32]*pageState)
	s.mu.Lock()
	for page, st := range s.pages {
		if st.saved < st.changed && st.writing == nil {
			st.writing = make(chan struct{})
			if behind[page] = st; len(behind) == pagesAtOnce {
				break
			}
		}
	}
	s.mu.Unlock()
	writes := make([]pageWrite, 0, len(behind))
	for page, st := range behind {
		writes = append(writes, s.begin(page, st))
	}
	return writes
}

// cover sees to it that whoever lists clients finds this node, and reads as far
// as page. The lease's cover doubles, so it is seldom written for this reason.
func (s *shared) cover(ctx context.Context, page uint32) error {
	s.mu.Lock()
	covered, joined := page < s.leased, s.joined
	s.mu.Unlock()
	if !covered {
		if err := s.saveLease(ctx); err != nil {
			return err
		}
	}
	if !joined {
		return s.join(ctx)
	}
	return nil
}

// saveLease renews the lease. One goroutine at a time does so, lest an older
// lease replace a newer one.
//
// A lease that is gone although this node wrote it tells that the cache was
// wiped, or that this node was paused for longer than its lease. Its pages may
// be gone as well, so they are written again, and before the lease: until then
// the node is not seen, rather than seen in part.
func (s *shared) saveLease(ctx context.Context) error {
	select {
	case s.leasing <- struct{}{}:
		defer func() { <-s.leasing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	_, err := s.fetchLease(ctx, s.table.node)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
		return err
	}
	if err != nil && s.renewed && !s.lost {
		s.lost = true
		s.touchAll()
	}
	if s.lost {
		if err := s.flushAll(ctx); err != nil {
			return err
		}
		s.lost = false
	}
	l := lease{pages: s.coverFor(), count: s.table.count()}
	err = s.driver.Save(ctx, s.leaseKey(s.table.node), l.append(nil), s.opts.Lease)
	if err != nil {
		l.pages = 0 // nobody knows which lease is there
	}
	s.mu.Lock()
	s.leased = l.pages
	s.mu.Unlock()
	s.renewed = s.renewed || err == nil
	return err
}

// coverFor returns how many pages the next lease covers. A page that it leaves
// out is from now on not covered, whether the lease is there already or not.
func (s *shared) coverFor() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	pages := uint32(0)
	for page := range s.pages {
		pages = max(pages, page+1)
	}
	if pages > 0 {
		pages = 1 << bits.Len32(pages-1) // the next power of two
	}
	s.leased = min(s.leased, pages)
	return pages
}

// report logs when the cache begins to fail and when it is back, rather than
// every failure.
func (s *shared) report(err error) {
	if errors.Is(err, context.Canceled) {
		return // the caller gave up, which says nothing about the cache
	}
	s.mu.Lock()
	changed := s.failing != (err != nil)
	s.failing = err != nil
	s.mu.Unlock()
	switch {
	case changed && err != nil:
		s.opts.Logger.Warn("clientstorage: the cache fails; clients are kept here and published when it is back", "err", err)
	case changed:
		s.opts.Logger.Info("clientstorage: the cache is back")
	}
}
