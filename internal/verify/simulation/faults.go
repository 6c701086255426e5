package simulation

import (
	"math/rand/v2"
	"sync"
	"time"
)

// faults are what goes wrong on purpose: at a moment, or when a message arrives.
type faults struct {
	w     *world
	mu    sync.Mutex
	armed []*trap
	slow  time.Duration // how slow the network is when there is no storm
}

// A trap springs when a message that it waits for arrives at the cache.
type trap struct {
	wire  *wire // whose message; nil if anybody's
	verb  verb
	class class
	stage stage
	late  bool // only a message whose caller was told of an error
	skip  int  // messages to let pass
	do    func()
}

type stage int

const (
	before stage = iota // the cache has done it
	after
)

func (f *faults) arm(t *trap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = append(f.armed, t)
}

func (f *faults) disarm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = nil
}

// spring lets those traps spring that have waited for this message.
func (f *faults) spring(v *wire, verb verb, key string, late bool, at stage) {
	f.mu.Lock()
	var due []*trap
	kept := f.armed[:0]
	for _, t := range f.armed {
		hit := t.verb == verb && t.stage == at && (t.wire == nil || t.wire == v) && t.class == classOf(key) && (late || !t.late)
		switch {
		case hit && t.skip == 0:
			due = append(due, t)
			continue
		case hit:
			t.skip--
		}
		kept = append(kept, t)
	}
	f.armed = kept
	f.mu.Unlock()
	for _, t := range due {
		t.do()
	}
}

// strike does something bad, now or at an unfortunate moment that comes soon.
func (f *faults) strike(r *rand.Rand) {
	w := f.w
	n := w.victim(r)
	long := time.Duration(r.Int64N(int64(3 * w.plan.lease)))
	if w.plan.sloppy && r.IntN(3) == 0 {
		f.spoil(r)
		return
	}
	switch r.IntN(18) {
	case 0, 1, 2:
		f.storm(r, n, long)
	case 3, 4:
		f.cut(n, long)
	case 5, 6:
		f.pauseAtBadMoment(r, n, long)
	case 7, 8, 9:
		f.wipeAtBadMoment(r, n)
	case 10:
		f.wipe()
		f.wipeAtBadMoment(r, n)
	case 11:
		f.wipe()
	case 12:
		w.replace(n, (*node).kill)
	case 13:
		w.replace(n, (*node).close)
	case 14, 15:
		f.newcomers(r)
	case 16:
		f.wipe()
		f.wipeBeforeLate(r, n, long)
	default:
		f.storm(r, n, long)
	}
}

// newcomers adds nodes that begin at the same moment, which may be a bad one.
func (f *faults) newcomers(r *rand.Rand) {
	for range 1 + r.IntN(2) {
		n := f.w.start(false)
		f.w.comes(r, n)
		switch r.IntN(3) {
		case 0:
			f.wipeAtBadMoment(r, n)
		case 1: // its first page may be there already
			f.arm(&trap{wire: n.wire, verb: save, class: marks, stage: stage(r.IntN(2)), do: f.wipe})
		}
	}
}

// storm makes the weather bad for a while, for one node or for all.
func (f *faults) storm(r *rand.Rand, n *node, long time.Duration) {
	bad := weather{refused: r.IntN(30), mute: r.IntN(30), late: r.IntN(40), slow: f.w.plan.slow}
	on := []*node{n}
	if r.IntN(2) == 0 {
		on = f.w.running()
	}
	f.blow(on, bad, long)
}

func (f *faults) blow(on []*node, bad weather, long time.Duration) {
	f.w.journal.note("a storm of %+v for %v, on %d nodes", bad, long, len(on))
	for _, n := range on {
		n.wire.set(func(v *wire) { v.weather = bad })
		f.w.queue.after(long, func() { n.wire.set(func(v *wire) { v.weather = weather{slow: f.slow} }) })
	}
}

func (f *faults) cut(n *node, long time.Duration) {
	f.w.journal.note("%s is cut off for %v", n.name, long)
	n.wire.set(func(v *wire) { v.cut = true })
	f.w.queue.after(long, func() { n.wire.set(func(v *wire) { v.cut = false }) })
}

func (f *faults) pause(n *node, long time.Duration) {
	f.w.journal.note("%s is paused for %v", n.name, long)
	n.wire.pause()
	f.w.queue.after(long, n.wire.resume)
}

func (f *faults) wipe() {
	f.w.journal.note("the cache is wiped")
	f.w.cache.wipe()
}

// pauseAtBadMoment pauses a node between a read and the write that follows from
// it, or anywhere.
func (f *faults) pauseAtBadMoment(r *rand.Rand, n *node, long time.Duration) {
	t := badMoment(r, n)
	if r.IntN(3) == 0 {
		f.pause(n, long)
		return
	}
	t.wire = n.wire
	t.do = func() { f.pause(n, long) }
	f.w.journal.note("%s will be paused at %v of %v, %d later", n.name, t.verb, t.class, t.skip)
	f.arm(t)
}

// wipeAtBadMoment wipes the cache between a read of the node and the write that
// follows from it, or in the middle of its writing everything again.
func (f *faults) wipeAtBadMoment(r *rand.Rand, n *node) {
	t := badMoment(r, n)
	t.do = f.wipe
	f.w.journal.note("the cache will be wiped at %v of %v of %s, %d later", t.verb, t.class, n.name, t.skip)
	f.arm(t)
}

// wipeBeforeLate wipes the cache just before a late write arrives in it.
func (f *faults) wipeBeforeLate(r *rand.Rand, n *node, long time.Duration) {
	f.w.journal.note("the cache will be wiped before a late message of %s", n.name)
	of := pick(r, marks, marks, marks, pages, leases)
	f.blow([]*node{n}, weather{late: 70, only: of}, long)
	f.arm(&trap{wire: n.wire, verb: save, class: of, late: true, skip: r.IntN(2), do: f.wipe})
}

func badMoment(r *rand.Rand, n *node) *trap {
	t := &trap{wire: n.wire, stage: stage(r.IntN(2))}
	t.verb = pick(r, fetch, save, save)
	t.class = pick(r, leases, leases, leases, nodeList, nodeList, pages, lists, marks)
	if t.class == pages || t.class == lists {
		t.skip = r.IntN(8)
	} else {
		t.skip = r.IntN(2)
	}
	return t
}

// spoil loses some keys, or replaces their values by garbage.
func (f *faults) spoil(r *rand.Rand) {
	class := pick(r, anyClass, pages, lists, leases, nodeList, marks)
	for range 1 + r.IntN(4) {
		keys := f.w.cache.keys(class)
		if len(keys) == 0 {
			return
		}
		key := keys[r.IntN(len(keys))]
		if r.IntN(2) == 0 {
			f.w.journal.note("the cache evicts %s", key)
			f.w.cache.delete(key)
		} else {
			f.w.journal.note("the cache spoils %s", key)
			f.w.cache.corrupt(key, r.IntN(3))
		}
	}
}
