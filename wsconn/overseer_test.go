package wsconn

import (
	"context"
	"log/slog"
	"testing"
	"time"
)

// overseen returns a server, and shuts it down in the end.
func overseen(t *testing.T) *Server {
	t.Helper()
	s := &Server{Logger: slog.New(slog.DiscardHandler)}
	s.init()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
	})
	return s
}

// alone returns a server without goroutines, whose overseer the test is.
func alone() *Server {
	s := &Server{stopped: make(chan struct{}), alarm: make(chan struct{}, 1)}
	s.loops = []*loop{{server: s}}
	s.crew = newCrew(&s.running, s.rouse)
	return s
}

// What happens after the overseer's look and before it sleeps keeps it awake: a message,
// of which the overseer saw nothing, and a job.
func TestOverseerDoesNotOversleep(t *testing.T) {
	t.Parallel()
	awake := make(chan bool, 1)
	s := alone()
	s.loops[0].section.Store(1)
	s.rouse()
	go func() { awake <- s.sleep() }()
	if !receiveSoon(t, "overseer, who has not seen a message", awake) {
		t.Error("the overseer ends")
	}

	end := make(chan struct{})
	s = alone()
	s.crew.do(func() { <-end })
	go func() { awake <- s.sleep() }()
	if !receiveSoon(t, "overseer, who has not seen a job", awake) {
		t.Error("the overseer ends")
	}
	close(end)
	s.running.Wait()
	s.crew.close()
}

// When it sleeps, the next event wakes it, and the end of the server ends it.
func TestOverseerWakes(t *testing.T) {
	t.Parallel()
	awake := make(chan bool, 1)
	s := alone()
	for range 3 {
		go func() { awake <- s.sleep() }()
		soonTrue(t, "the overseer sleeps", s.asleep.Load)
		s.rouse()
		s.rouse() // of which there may be many
		if !receiveSoon(t, "overseer that was woken", awake) {
			t.Error("the overseer ends")
		}
	}
	go func() { awake <- s.sleep() }()
	soonTrue(t, "the overseer sleeps", s.asleep.Load)
	close(s.stopped)
	if receiveSoon(t, "overseer whose server ends", awake) {
		t.Error("the overseer goes on")
	}
}

func receiveSoon[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("still no %s", what)
		panic("not reached")
	}
}

// A hundred jobs that block are all running soon, also when the overseer was asleep, and
// when all of its looks are for them alone.
func TestOverseerHires(t *testing.T) {
	t.Parallel()
	s := overseen(t)
	for range 2 {
		soonTrue(t, "the overseer sleeps", s.asleep.Load)
		const blocking = 100
		at, end := make(chan struct{}, blocking), make(chan struct{})
		for range blocking {
			s.crew.do(func() { at <- struct{}{}; <-end })
		}
		for range blocking {
			receiveSoon(t, "job that blocks", at)
		}
		close(end)
	}
}

// That handlers were slow is forgotten after a time.
func TestHandOffEnds(t *testing.T) {
	t.Parallel()
	s := alone()
	if s.handsOff() {
		t.Error("messages are handed to the crew from the start")
	}
	since := time.Since(processStart)
	s.handOff.Store(int64(since + time.Hour))
	if !s.handsOff() {
		t.Error("messages are not handed to the crew although handlers are slow")
	}
	s.handOff.Store(int64(since - 1))
	if s.handsOff() || s.handOff.Load() != 0 {
		t.Error("messages are handed to the crew when the time is up")
	}
}
