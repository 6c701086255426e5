package wsconn

import (
	"math/bits"
	"time"
)

// The overseer sees to it that a handler that takes long keeps nobody waiting.
//
// Invariant: a runner that is at one connection for two looks has lost its loop to
// another one. What is only a busy machine costs that, and no more; only if handlers are
// slow in most looks, messages get goroutines from the start.

// oversee takes loops away from runners that take too long, and sees that the crew
// keeps up. It sleeps while nothing happens.
func (s *Server) oversee() {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for idle := 0; ; {
		select {
		case <-s.stopped:
			return
		case <-ticker.C:
		}
		woken := s.woken()
		busy := s.crew.look()
		slow := false
		for _, l := range s.loops {
			b, sl := l.look()
			busy, slow = busy || b, slow || sl
		}
		s.judge(slow)
		if busy || s.woken() != woken {
			idle = 0
		}
		if idle++; idle < 100 {
			continue
		}
		ticker.Stop()
		if !s.sleep(woken) {
			return
		}
		ticker.Reset(lookInterval)
		idle = 0
	}
}

// woken is how often something has happened.
func (s *Server) woken() (n uint64) {
	for _, l := range s.loops {
		n += l.woken.Load()
	}
	return n
}

// sleep waits until something happens, and reports false when the server ends.
func (s *Server) sleep(woken uint64) bool {
	s.asleep.Store(true)
	if (s.woken() != woken || s.crew.busy()) && s.asleep.CompareAndSwap(true, false) {
		return true
	}
	select {
	case <-s.stopped:
		return false
	case <-s.alarm:
		return true
	}
}

// rouse wakes the overseer.
func (s *Server) rouse() {
	if s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
		s.alarm <- struct{}{}
	}
}

// look takes the loop away from a runner that is at the same connection as the last
// time. It reports whether the runner is at one, and whether handlers are slow: then it
// has been at few in the time of a look, which else is enough for hundreds.
func (l *loop) look() (busy, slow bool) {
	section, count := l.section.Load(), l.sections.Load()
	slow = section != 0 && count-l.counted < fewSections
	same := section != 0 && section == l.seen
	l.seen, l.counted = section, count
	if same && l.section.CompareAndSwap(section, 0) {
		if c := l.at.Load(); c != nil {
			c.uncork()
		}
		l.start()
	}
	return section != 0, slow
}

const (
	// fewSections is how many connections a runner is at in the time of a look, at most,
	// if its handlers are slow.
	fewSections = 10
	// slowLooks of the last 16 have messages handed to the crew at once, for a second. A
	// single one may be the machine's, which had other things to do.
	slowLooks   = 8
	handOffTime = time.Second
	// slowHandler is how long a handler takes at least that would rather not be called
	// by a loop.
	slowHandler = 2 * time.Millisecond
)

// judge decides whether messages are handed to the crew, given whether handlers were
// slow in the time of a look: those of loops, or most of those of the crew.
func (s *Server) judge(slow bool) {
	handed, slowly := s.handed.Swap(0), s.handedSlowly.Swap(0)
	s.slow <<= 1
	if slow || 2*slowly > handed {
		s.slow |= 1
	}
	if bits.OnesCount16(s.slow) >= slowLooks {
		s.handOff.Store(int64(time.Since(processStart) + handOffTime))
	}
}

// handsOff reports whether messages go to the crew.
func (s *Server) handsOff() bool {
	until := s.handOff.Load()
	if until != 0 && int64(time.Since(processStart)) > until {
		s.handOff.CompareAndSwap(until, 0)
		return false
	}
	return until != 0
}

// serveHanded is serve for what was handed to the crew.
func (c *Conn) serveHanded(b []byte) (mine bool) {
	s := c.loop.server
	begin := time.Now()
	mine = c.serve(b)
	s.handed.Add(1)
	if time.Since(begin) > slowHandler {
		s.handedSlowly.Add(1)
	}
	return mine
}

// uncork writes what a handler that takes long has written so far.
func (c *Conn) uncork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = false
	c.flush()
}
