package clientstorage

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"time"
)

// What is written in one go. The next writes wait meanwhile, and become one
// batch; two goroutines write, so that one encodes while the other one waits for
// the cache.
//
// Clients wait for their pages. So while there are many pages to write, few lists
// are written with them, and none beside pages that are in flight: the longer a
// list waits, the more of its users have come or gone. But if there are to be more
// lists, those go with the pages, because the present ones are too long.
const (
	flushers     = 2
	writesAtOnce = 256
	fewLists     = 2
	crowd        = 16 // lists that are queued, from which on clients do not wait
)

// flush sees to it that somebody writes what is queued. Whoever calls it holds
// mu.
func (s *shared) flush() {
	if s.queued() == 0 || s.flushing == flushers || s.closed {
		return
	}
	s.flushing++
	s.busy.Go(s.flusher)
}

func (s *shared) queued() int { return len(s.queue.pages) + len(s.queue.lists) + len(s.queue.next) }

// A write of a part that is in flight.
type write struct {
	state   *partState
	version uint64
	item    Item // to delete if it has no value
}

// flusher writes until nothing is queued.
func (s *shared) flusher() {
	var batch []write
	var room []byte
	for {
		s.mu.Lock()
		batch = s.claim(batch[:0])
		if len(batch) == 0 {
			s.flushing--
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		room = s.writeBatch(batch, room[:0])
		// Those who waited for it come with their next clients now: let them, and
		// write them all together.
		runtime.Gosched()
	}
}

// claim takes the right to write some of the parts that are queued.
func (s *shared) claim(batch []write) []write {
	if s.closed {
		return nil
	}
	take := func(queue *[]*partState, most int) {
		n := min(len(*queue), most)
		for _, st := range (*queue)[:n] {
			st.queued = false
			if s.parts[st.part] == st { // else nobody wants it any more
				st.writing = true
				batch = append(batch, write{state: st, version: st.changed})
			}
		}
		clear((*queue)[:n])
		if *queue = (*queue)[n:]; len(*queue) == 0 {
			*queue = nil // so that a storm does not keep its memory
		}
	}
	for len(batch) == 0 && s.queued() > 0 {
		take(&s.queue.pages, writesAtOnce)
		switch pages := len(batch); {
		case pages > 0:
			s.pagesInFlight++
			s.queue.listsAtOnce = fewLists
			take(&s.queue.next, writesAtOnce)
			take(&s.queue.lists, max(pages/16, fewLists))
		case s.pagesInFlight > 0:
			return nil // whoever writes the pages goes on with the lists
		default:
			// More pages may be about to come: more lists each time that none does.
			s.queue.listsAtOnce = min(max(2*s.queue.listsAtOnce, fewLists), writesAtOnce)
			take(&s.queue.next, writesAtOnce)
			take(&s.queue.lists, s.queue.listsAtOnce)
		}
	}
	return batch
}

// writeBatch brings parts into the cache as they are now, which is at least what
// their versions say, because those were read before.
//
// It encodes them in room, and returns that for the next batch.
func (s *shared) writeBatch(batch []write, room []byte) []byte {
	began := time.Now()
	items, empty, room := s.encode(batch, room)
	ctx, cancel := context.WithTimeout(context.Background(), min(s.opts.Timeout, s.opts.Lease))
	defer cancel()
	err := s.send(ctx, items, empty)
	if err == nil || len(batch) == 1 || ctx.Err() != nil {
		s.finish(batch, began, func(int) error { return err }, err != nil)
		return room
	}
	errs := s.writeEach(ctx, batch)
	s.finish(batch, began, func(i int) error { return errs[i] }, true)
	return room
}

func (s *shared) encode(batch []write, values []byte) (items []Item, empty []string, all []byte) {
	items = make([]Item, 0, len(batch))
	for i := range batch {
		w := &batch[i]
		start, some := len(values), false
		values, some = s.appendPart(values, w.state.part)
		w.item = Item{Key: s.partKey(w.state.part), TTL: partTTL}
		if some {
			w.item.Value = values[start:len(values):len(values)]
			items = append(items, w.item)
		} else {
			empty = append(empty, w.item.Key)
		}
	}
	return items, empty, values
}

func (s *shared) send(ctx context.Context, items []Item, empty []string) error {
	if len(items) > 0 {
		if err := SaveMany(ctx, s.driver, items); err != nil {
			return err
		}
	}
	if len(empty) > 0 {
		return DeleteMany(ctx, s.driver, empty)
	}
	return nil
}

// writeEach writes a batch that failed again, part by part, so that one that the
// cache does not take, being too long for it, say, does not hold up the others.
func (s *shared) writeEach(ctx context.Context, batch []write) []error {
	return oneByOne(ctx, len(batch), func(ctx context.Context, i int) error {
		if item := batch[i].item; item.Value != nil {
			return s.driver.Save(ctx, item.Key, item.Value, item.TTL)
		}
		return s.driver.Delete(ctx, batch[i].item.Key)
	})
}

// finish notes what came of a batch. If it was uncertain, which of its writes
// arrived, and when, is not known, even if a second one succeeded.
func (s *shared) finish(batch []write, began time.Time, errOf func(i int) error, uncertain bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outcome := outcome{began: began}
	for i, w := range batch {
		st := w.state
		st.writing = false
		if uncertain {
			st.doubt = time.Now().Add(s.settleTime())
		}
		err := errOf(i)
		outcome.add(st, err)
		if err == nil {
			st.saved, st.err, st.failures = max(st.saved, w.version), nil, 0
			st.follows(began)
			s.forget(st, w.item.Value == nil)
		} else {
			st.failed, st.err, st.failures = w.version, err, min(st.failures, 1)+1
		}
	}
	s.judge(outcome)
	if batch[0].state.level == pageLevel { // pages come first
		s.pagesInFlight--
	}
	for _, w := range batch {
		s.goOn(w.state)
		w.state.wake()
	}
	s.flush()
}

// errBehind is told who waits for what is left to the heartbeat.
var errBehind = errors.New("clientstorage: the cache fails")

// goOn sees to a part that has changed while it was written: it is written again,
// unless that is left to the heartbeat.
func (s *shared) goOn(st *partState) {
	switch {
	case st.changed <= max(st.saved, st.failed):
	case s.trouble.down() && !s.opts.FailClosed:
		st.failed = st.changed // nobody waits for it any more
		st.err = cmp.Or(st.err, errBehind)
	default:
		s.enqueue(st)
	}
}

// follows notes that the cache has what st was at a time.
func (st *partState) follows(at time.Time) {
	switch {
	case !st.doubt.IsZero():
	case st.saved == st.changed:
		st.behind = time.Time{}
	default:
		st.behind = at
	}
}

// wake lets those who wait for st look again.
func (st *partState) wake() {
	if st.ended != nil {
		close(st.ended)
		st.ended = nil
	}
}

// forget drops the state of a part that is neither in the table nor in the
// cache, and which nothing can bring back any more: neither a write that is
// late, nor a cache that forgets its last writes, as one does when a replica
// takes over. Until then the sweep deletes it again.
func (s *shared) forget(st *partState, empty bool) {
	switch {
	case !empty:
		st.emptied = time.Time{}
		return
	case st.emptied.IsZero():
		st.emptied = time.Now()
	}
	if st.changed == st.saved && st.doubt.IsZero() && time.Since(st.emptied) > partTTL && s.parts[st.part] == st {
		delete(s.parts, st.part)
	}
}
