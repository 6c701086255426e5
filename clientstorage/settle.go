package clientstorage

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"
)

// settleTime is for how long a write whose outcome is unknown is expected to
// arrive late, counted from the moment when its error was known.
func (s *shared) settleTime() time.Duration { return 2 * s.opts.Lease }

// settle reads the parts back that a late write may still change, and has those
// written again that are not what this node holds. A part that is empty is one
// of them: a write that arrives after the deletion would bring clients back who
// are gone.
func (s *shared) settle(ctx context.Context) {
	s.mu.Lock()
	var doubtful []*partState
	for _, st := range s.parts {
		if !st.doubt.IsZero() {
			doubtful = append(doubtful, st)
		}
	}
	s.mu.Unlock()
	for some := range slices.Chunk(doubtful, readAtOnce) {
		keys := make([]string, len(some))
		for i, st := range some {
			keys[i] = s.partKey(st.part)
		}
		now := time.Now() // before the values are read
		for i, value := range s.fetchEach(ctx, keys) {
			s.compare(some[i], value, now)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// compare draws the conclusions of one part that was read back.
func (s *shared) compare(st *partState, found fetched, now time.Time) {
	if found.err != nil && !errors.Is(found.err, ErrNotFound) && !errors.Is(found.err, ErrCorrupt) {
		return // the next heartbeat looks again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.saved < st.changed || s.parts[st.part] != st {
		return // it will be written anyway, or not any more
	}
	want, some := s.appendPart(nil, st.part)
	if some != (found.err == nil) || some && !bytes.Equal(want, found.bytes) {
		s.touch(st.part)
		s.flush()
		return
	}
	if now.After(st.doubt) {
		st.doubt = time.Time{}
		st.follows(now)
		s.forget(st, !some)
	}
}
