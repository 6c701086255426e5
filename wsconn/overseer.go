package wsconn

import (
	"math/bits"
	"time"
)

// The overseer sees to it that a handler that takes long keeps nobody waiting.
//
// Invariant: a runner that is at one connection for two looks has lost its loop to
// another one. That happens on a busy machine, too, and costs little. Only if handlers are
// slow in half of the looks, all that calls them gets goroutines from the start.

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
		busy := s.crew.look()
		slow := false
		for _, l := range s.loops {
			b, sl := l.look()
			busy, slow = busy || b, slow || sl
		}
		s.judge(slow)
		if busy {
			idle = 0
		}
		if idle++; idle < 100 {
			continue
		}
		ticker.Stop()
		if !s.sleep() {
			return
		}
		ticker.Reset(lookInterval)
		idle = 0
	}
}

// sleep waits until something happens, and reports false when the server ends. Whoever
// begins something notes that before it looks whether the overseer sleeps, and the
// overseer the other way around; so one of them sees the other.
func (s *Server) sleep() bool {
	s.asleep.Store(true)
	if s.anyBusy() && s.asleep.CompareAndSwap(true, false) {
		return true
	}
	select {
	case <-s.stopped:
		return false
	case <-s.alarm:
		return true
	}
}

func (s *Server) anyBusy() bool {
	for _, l := range s.loops {
		if l.section.Load() != 0 {
			return true
		}
	}
	return s.crew.busy()
}

// rouse wakes the overseer.
func (s *Server) rouse() {
	if s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
		s.alarm <- struct{}{}
	}
}

// look takes the loop away from a runner that is at the same connection as the last
// time. It reports whether the runner was at any, and whether handlers are slow: then it
// has been at few since the last look, where quick handlers let it be at hundreds.
func (l *loop) look() (busy, slow bool) {
	section, count := l.section.Load(), l.sections.Load()
	slow = section != 0 && count-l.counted < fewSections
	same := section != 0 && section == l.seen
	busy = section != 0 || count != l.counted
	l.seen, l.counted = section, count
	if same && l.section.CompareAndSwap(section, 0) {
		if c := l.at.Load(); c != nil {
			c.uncork()
		}
		l.start()
	}
	return busy, slow
}

const (
	// fewSections is how many connections a runner is at in the time of a look, at most,
	// if its handlers are slow.
	fewSections = 10
	// slowLooks of the last 16 have the crew call all handlers, for a second. A single
	// one may be the machine's, which had other things to do.
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

// timed does what was handed to the crew, and notes whether a loop would have been kept
// waiting by it, if a loop could have done it.
func (s *Server) timed(instead bool, job func()) {
	begin := time.Now()
	job()
	if !instead {
		return
	}
	s.handed.Add(1)
	if time.Since(begin) > slowHandler {
		s.handedSlowly.Add(1)
	}
}

// uncork writes what a handler that takes long has written so far.
func (c *Conn) uncork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = false
	c.flush()
}
