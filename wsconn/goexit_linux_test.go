package wsconn

import (
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"testing"
)

// A job may end its goroutine, as a handler does that calls t.FailNow. The others are
// done all the same, and whoever waits for all of them is not kept waiting.
func TestCrewSurvivesGoexit(t *testing.T) {
	t.Parallel()
	var running sync.WaitGroup
	c := newCrew(&running, func() {})
	for range 2 * spare {
		c.do(runtime.Goexit)
	}
	for range 100 {
		c.do(func() {})
	}
	soonTrue(t, "all are done", func() bool { c.look(); _, _, jobs := c.size(); return jobs == 0 })
	running.Wait()
	c.close()
	soonTrue(t, "none are left", func() bool { workers, _, _ := c.size(); return workers == 0 })
}

// Shutdown has closed the listener before Serve looks at it.
func TestServeSaysThatTheServerIsClosed(t *testing.T) {
	t.Parallel()
	s := &Server{Logger: slog.New(slog.DiscardHandler)}
	s.init()
	l, _ := rawTCP(t)
	l.Close()
	s.Shutdown(t.Context())
	if err := s.accept(l); !errors.Is(err, ErrServerClosed) {
		t.Errorf("Serve returns %v, want ErrServerClosed", err)
	}
}
