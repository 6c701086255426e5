package simulation

import (
	"container/heap"
	"sync"
	"testing/synctest"
	"time"
)

// A queue is what happens in the world outside the storages, in the order of
// virtual time: messages that arrive, faults, and what the users do. One
// goroutine lets it happen, and after each event waits until all that follows
// from it in the storages has come to rest. So what races in a real cluster
// does not race here, but happens in an order that the seed has drawn.
type queue struct {
	mu     sync.Mutex
	events eventHeap
	pushed uint64
	wake   chan struct{} // holds one if the next event has changed
	end    chan struct{}
	ended  chan struct{}
	rested func() // called after each event, when everything is at rest
}

type event struct {
	at       time.Time
	sequence uint64
	happen   func() // must not block
}

func newQueue(rested func()) *queue {
	return &queue{
		wake:   make(chan struct{}, 1),
		end:    make(chan struct{}),
		ended:  make(chan struct{}),
		rested: rested,
	}
}

// after lets something happen after a while. What is due at one moment happens in
// the order in which it was asked for.
func (q *queue) after(d time.Duration, happen func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pushed++
	heap.Push(&q.events, event{time.Now().Add(d), q.pushed, happen})
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run lets the events happen until stop is called.
func (q *queue) run() {
	defer close(q.ended)
	for {
		synctest.Wait() // whoever is still at it may have something sooner
		wait, ready := q.next()
		if ready != nil {
			ready()
			synctest.Wait()
			q.rested()
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-q.wake:
		case <-q.end:
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// next returns the event that is due, or how long there is none.
func (q *queue) next() (wait time.Duration, ready func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) == 0 {
		return time.Hour, nil
	}
	if wait = time.Until(q.events[0].at); wait > 0 {
		return wait, nil
	}
	return 0, heap.Pop(&q.events).(event).happen
}

// stop ends the queue. What has not happened yet never does.
func (q *queue) stop() {
	close(q.end)
	<-q.ended
}

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }

func (h eventHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].sequence < h[j].sequence
}

func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *eventHeap) Push(x any) { *h = append(*h, x.(event)) }

func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
