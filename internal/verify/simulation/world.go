package simulation

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A world is one history: the storages, the cache and what happens to them.
type world struct {
	plan    plan
	queue   *queue
	cache   *cache
	faults  *faults
	truth   *truth
	journal *journal
	nodes   []*node // all that ever were
	busy    sync.WaitGroup
	rests   int // events that have happened
	writes  int // pages and lists that the cache was given; the queue's

	mu      sync.Mutex
	failure string
}

func newWorld(p plan, verbose bool) *world {
	w := &world{
		plan:    p,
		cache:   newCache(),
		truth:   &truth{leases: make(map[clientstorage.NodeID][]arrivedLease)},
		journal: &journal{began: time.Now(), all: verbose},
	}
	w.faults = &faults{w: w}
	w.queue = newQueue(w.rested)
	return w
}

// Run lets the history of a seed happen, in a bubble of package synctest. It
// returns what was wrong, or nothing; and the journal.
func Run(seed uint64, verbose bool) (failure, journal string) {
	w := newWorld(newPlan(seed), verbose)
	w.journal.note("seed %d: %+v", seed, w.plan)
	go w.queue.run()
	w.live()
	w.end()
	w.queue.stop()
	return w.failure, w.journal.String()
}

// live is the history: storms, and after each of them quiet, when everything has
// to be right.
func (w *world) live() {
	w.start(true)
	for range w.plan.nodes {
		w.start(false)
	}
	w.warmUp()
	for storm := range w.plan.storms {
		w.storm(storm)
		w.wait() // the workload; the nodes may still be behind
		w.calm()
		time.Sleep(w.plan.quiet())
		if w.plan.sloppy {
			w.inQueue(func() { w.faults.spoil(w.draw("at rest", uint64(storm))) })
			time.Sleep(w.plan.sweep())
		}
		w.whole("after the storm")
		w.prompt()
		time.Sleep(w.plan.quiet()) // also until the lists of old levels are deleted
		w.whole("and it must stay right")
		w.idle()
		w.wipeAtRest()
		if w.failed() {
			return
		}
	}
	w.goHome()
}

// idle checks that nodes that have nothing to write write no more than the sweep
// does: one that takes the cache for lost again and again would write everything
// with each heartbeat, and be right in all its answers.
func (w *world) idle() {
	var parts int
	w.inQueue(func() { parts = len(w.cache.keys(pages)) + len(w.cache.keys(lists)) })
	before := w.written()
	time.Sleep(2 * w.plan.lease)
	// The sweep takes a fiftieth of them in that time, and of those that were
	// emptied of late.
	if n := w.written() - before; n > 12+parts/2 {
		w.fail("the nodes wrote %d pages and lists of %d though nothing has changed", n, parts)
	}
}

func (w *world) written() (n int) {
	w.inQueue(func() { n = w.writes })
	return n
}

// goHome closes the nodes one after the other.
func (w *world) goHome() {
	for _, n := range w.running() {
		if n.reader {
			continue
		}
		n.close()
		w.wait()
		w.nothingLeftOf(n)
		time.Sleep(2 * w.plan.lease) // the hooks must miss it three times
		w.whole("after " + n.name + " was closed")
	}
}

// nothingLeftOf checks that a node that was closed while all was well has
// removed what it wrote.
func (w *world) nothingLeftOf(n *node) {
	w.inQueue(func() {
		for _, key := range w.cache.keys(anyClass) {
			if strings.Contains(key, n.storage.Node().String()) {
				w.fail("%s has left %s behind", n.name, key)
			}
		}
	})
}

// end closes what is left, so that the bubble can end.
func (w *world) end() {
	w.calm()
	for _, n := range w.nodes {
		if !n.ended() {
			n.close()
		}
	}
	w.wait()
}

// calm ends all faults. What is on its way may still arrive late.
func (w *world) calm() {
	w.journal.note("all faults end")
	w.inQueue(func() {
		w.faults.disarm()
		w.faults.slow = 0
		for _, n := range w.nodes {
			n.wire.set(func(v *wire) { v.cut, v.weather = false, weather{} })
			n.wire.resume()
		}
	})
}

// running returns the nodes that have not ended, the reader among them.
func (w *world) running() []*node {
	var nodes []*node
	for _, n := range w.nodes {
		if !n.ended() {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// inQueue does something in the goroutine of the queue, which alone touches the
// cache, and waits for it.
func (w *world) inQueue(do func()) {
	done := make(chan struct{})
	w.queue.after(0, func() { do(); close(done) })
	<-done
}

// spawn does something that may wait.
func (w *world) spawn(do func()) { w.busy.Go(do) }

// wait returns when what was spawned has returned. Nobody may spawn meanwhile.
func (w *world) wait() {
	w.inQueue(func() {}) // after those events that spawned something
	w.busy.Wait()
}

// rested looks at everything now and then when nothing moves.
func (w *world) rested() {
	if w.rests++; w.rests%64 == 0 && (w.plan.crowd == 0 || w.rests%2048 == 0) {
		for _, n := range w.running() {
			w.checkLocal(n)
		}
	}
}

// fail notes the first thing that is wrong.
func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure == "" {
		w.failure = fmt.Sprintf("after %v: ", time.Since(w.journal.began).Round(time.Millisecond)) + fmt.Sprintf(format, args...)
		w.journal.end()
	}
}

func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure != ""
}

// leaseArrived remembers when a lease was sent that the cache has taken.
func (w *world) leaseArrived(key string, sent time.Time) {
	if classOf(key) != leases {
		return
	}
	for _, n := range w.nodes {
		if strings.HasSuffix(key, n.storage.Node().String()) {
			w.truth.leaseArrived(n.storage.Node(), sent)
		}
	}
}

func (w *world) countWrite(key string) {
	if class := classOf(key); class == pages || class == lists {
		w.writes++
	}
}
