package simulation

import (
	"math/rand/v2"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A plan is what the seed decides before a history begins.
type plan struct {
	seed    uint64
	lease   time.Duration
	timeout time.Duration
	nodes   int
	users   int // in the pool that clients are of
	target  int // about how many clients a node has
	many    manyMethods
	perUser clientstorage.Limit
	storm   time.Duration
	faults  int // how many, each storm
	storms  int
	crowd   int // so many users come at once and leave again, or 0
	// slow is how long a message takes at most during a storm, in the worst case
	// longer than the timeout.
	slow time.Duration
	// sloppy histories lose and spoil single keys as well, which only the sweep
	// mends, so they take much longer.
	sloppy bool
	// careful histories have nodes that wait for the cache, so that it can be
	// checked that what Attach has returned is there.
	careful bool
}

// manyMethods says which methods for many keys the drivers have.
type manyMethods int

const (
	manyNone manyMethods = iota
	manyFetch
	manyWrite
	manyAll
)

func newPlan(seed uint64) plan {
	r := rand.New(rand.NewPCG(seed, 0))
	p := plan{
		seed:    seed,
		lease:   pick[time.Duration](r, 3, 3, 6) * time.Second,
		timeout: pick[time.Duration](r, 0, 300, 1000, 5000) * time.Millisecond,
		nodes:   pick(r, 2, 2, 3, 3, 4),
		users:   4 + r.IntN(30),
		target:  pick(r, 3, 10, 25, 60),
		many:    pick(r, manyNone, manyFetch, manyWrite, manyAll, manyAll, manyAll),
		storm:   time.Duration(6+r.IntN(20)) * time.Second,
		faults:  1 + r.IntN(8),
		storms:  pick(r, 1, 1, 1, 2),
		sloppy:  r.IntN(7) == 0,
		careful: r.IntN(2) == 0,
	}
	if r.IntN(3) == 0 {
		p.slow = pick[time.Duration](r, 50, 200, 700, 2000) * time.Millisecond
	}
	if r.IntN(5) == 0 {
		p.perUser = clientstorage.Limit{Max: 1 + r.IntN(4), DetachOldest: r.IntN(2) == 0}
	}
	if p.sloppy {
		p.lease *= 4 // fewer heartbeats in the same time
	} else if r.IntN(10) == 0 {
		p.crowd = 2060 + r.IntN(200)
		p.storms, p.users = 1, p.crowd
	}
	return p
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// options draws those of one node.
func (p *plan) options(r *rand.Rand) clientstorage.Options {
	o := clientstorage.Options{Lease: p.lease, Timeout: p.timeout, PerUser: p.perUser}
	if p.crowd > 0 {
		o.PerUser = clientstorage.Limit{}
	}
	switch n := r.IntN(4); {
	case n == 0:
		o.FailClosed = true
	case n == 1 && !p.careful:
		o.NoWait = true
	}
	return o
}

// shown are the options that differ between nodes, for the journal.
func (p *plan) shown(o clientstorage.Options) any {
	return struct{ FailClosed, NoWait bool }{o.FailClosed, o.NoWait}
}

// latest is how late a write may arrive after its caller was told of an error:
// a little sooner than the protocol stops expecting it.
func (p *plan) latest() time.Duration { return 2*p.lease - 10*time.Millisecond }

// quiet is after what time everything must be right again that a node can notice
// at its heartbeats: the last late write, and then a lease that it may have
// brought back, and some heartbeats.
func (p *plan) quiet() time.Duration { return 2*p.lease + p.lease + p.lease + 2*time.Second }

// sweep is after what time everything else must be right: a key that was written
// again just before it was lost is the last of the next round.
func (p *plan) sweep() time.Duration { return 10*time.Minute + p.quiet() }
