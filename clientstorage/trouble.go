package clientstorage

import (
	"context"
	"errors"
	"time"
)

// trouble is what is known of the cache when it does not take what it is given.
type trouble struct {
	// since is when the cache began to fail altogether. While it does, only the
	// heartbeat tries it, and nobody waits for it.
	since time.Time
}

func (t *trouble) down() bool { return !t.since.IsZero() }

// lag is for how long a change may have been waiting for the cache. Whoever
// calls it holds mu.
func (s *shared) lag() (lag time.Duration) {
	now := time.Now()
	for _, st := range s.parts {
		if !st.behind.IsZero() {
			lag = max(lag, now.Sub(st.behind))
		}
	}
	return lag
}

// An outcome is what came of a batch of writes.
type outcome struct {
	began time.Time
	done  int
	fresh int // of those that failed, the parts that did not fail before
	often int // those that failed for the second time
	err   error
}

func (o *outcome) add(st *partState, err error) {
	if err == nil {
		o.done++
		return
	}
	o.err = err
	switch st.failures {
	case 0:
		o.fresh++
	case 1:
		o.often++
	}
}

// judge draws the conclusions. A cache that takes nothing is down. Parts that
// failed before do not count: it may be they that the cache does not like.
// Whoever calls it holds mu.
func (s *shared) judge(o outcome) {
	switch {
	case o.done > 0:
		s.cacheBack(o.began)
		if o.often > 0 {
			s.opts.Logger.Warn("clientstorage: the cache does not take all that it is given; what is missing is tried again with each heartbeat",
				"keys", o.often, "err", o.err)
		}
	case o.fresh > 0:
		s.cacheDown(o.err)
	}
}

// cacheDown and cacheBack log when the cache begins to fail and when it is back,
// rather than every failure. A success that began before the failure says
// nothing about now. Whoever calls them holds mu.
func (s *shared) cacheDown(err error) {
	if !s.trouble.down() {
		s.trouble.since = time.Now()
		s.opts.Logger.Warn("clientstorage: the cache fails; clients are kept here and published when it is back", "err", err)
	}
}

func (s *shared) cacheBack(began time.Time) {
	if s.trouble.down() && began.After(s.trouble.since) {
		s.opts.Logger.Info("clientstorage: the cache is back", "after", time.Since(s.trouble.since).Round(time.Millisecond))
		s.trouble.since = time.Time{}
	}
}

// report judges by what came of renewing the lease, which began at a time.
func (s *shared) report(began time.Time, err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, errClosed) {
		return // the caller gave up, which says nothing about the cache
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.cacheDown(err)
	} else {
		s.cacheBack(began)
	}
}
