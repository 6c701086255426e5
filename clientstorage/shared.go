package clientstorage

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// shared is what a storage with a driver has beyond its table. What a node
// writes of itself is in these files:
//
//	part.go       what the cache should hold, and how far it follows
//	flush.go      the writes
//	lease.go      the lease and the list of nodes as bytes; page.go and list.go the rest
//	trouble.go    what is known of a cache that fails
//	settle.go     writes of which nobody knows what came of them
//	renew.go      keeping the lease, and noticing that everything was lost
//	join.go       being in the list of nodes
//	level.go      how many lists there are
//	heartbeat.go  what is done again and again
//	close.go      the end
//
// and what it reads of others in ask.go, view.go, find.go, users.go, cluster.go
// and watch.go.
type shared struct {
	table  *table
	driver Driver
	opts   Options
	view   view

	mu      sync.Mutex
	parts   map[part]*partState // those with a client in them or not settled yet
	version uint64              // numbers the changes of all parts
	queue   struct {            // parts to be written, first come, first served
		pages, lists []*partState
		next         []*partState // lists of the next level
		listsAtOnce  int          // how many lists were written last without pages
	}
	flushing int // goroutines that write
	// pagesInFlight is how many of them write pages.
	pagesInFlight int
	levels        levels
	leased        uint32        // pages that the lease in the cache covers
	covered       atomic.Uint32 // the same, but 0 unless joined
	joined        bool          // this node was seen in the list of nodes
	listed        time.Time     // when this node last wrote that list
	early         *earlyRenewal
	trouble       trouble
	living        bool // the heartbeat has begun
	watching      bool // NodeJoined and NodeLost are to be told
	closed        bool

	busy sync.WaitGroup // goroutines that may write

	added   chan struct{} // holds one if this node was added to the list of nodes
	leasing chan struct{} // holds one while the lease is written; guards renewal
	renewal renewal

	closing   chan struct{} // holds one during Close; guards:
	withdrawn bool          // Close has succeeded

	stopped context.Context // ends with Close
	stop    context.CancelFunc
}

func share(t *table, driver Driver, opts Options) *shared {
	s := &shared{
		table:   t,
		driver:  driver,
		opts:    opts,
		parts:   make(map[part]*partState),
		levels:  levels{now: minLevel, next: noLevel},
		added:   make(chan struct{}, 1),
		leasing: make(chan struct{}, 1),
		closing: make(chan struct{}, 1),
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	return s
}

// The keys of a node.
func (s *shared) pageKey(node NodeID, page uint32) string {
	return s.opts.Prefix + "p:" + node.String() + ":" + strconv.FormatUint(uint64(page), 36)
}

func (s *shared) listKey(node NodeID, level uint8, bucket uint32) string {
	return s.opts.Prefix + "u:" + node.String() + ":" + strconv.Itoa(int(level)) + ":" + strconv.FormatUint(uint64(bucket), 36)
}

func (s *shared) leaseKey(node NodeID) string { return s.opts.Prefix + "l:" + node.String() }

func (s *shared) markKey(node NodeID) string { return s.opts.Prefix + "m:" + node.String() }

func (s *shared) nodesKey() string { return s.opts.Prefix + "nodes" }

// How long what is in the cache outlives its last write. The lease decides who
// is alive; the rest only takes up room after that. The list of nodes and the
// marks stay long, because when they expire, all that depends on them is written
// again.
const (
	partTTL  = 30 * time.Minute
	nodesTTL = 30 * 24 * time.Hour
)
