package model

// Bounds of the arrays in a state. A world may be smaller.
const (
	maxNodes = 3
	maxPages = 2
	maxSlots = 4
	maxUsers = 2
	maxNet   = 9
)

// The keys of one node, as offsets; nodesKey is the one that all share. Lists
// are one at level 0 and two at level 1.
const (
	pageKey  = 0
	listKey  = pageKey + maxPages
	leaseKey = listKey + 3
	markKey  = leaseKey + 1
	nodeKeys = markKey + 1
	nodesKey = maxNodes * nodeKeys
	allKeys  = nodesKey + 1
)

const (
	pageMask     = 1<<listKey - 1
	oldListsMask = 1 << listKey
	newListsMask = 1<<(listKey+1) | 1<<(listKey+2)
	listsMask    = oldListsMask | newListsMask
)

// A state is one state of everything: the cache, what is on its way to it, each
// node, and a reader. It is comparable and holds no pointers, so that it can be
// hashed and copied.
type state struct {
	cache  [allKeys]uint8 // 0: the key is not there
	node   [maxNodes]node
	net    [maxNet]message // sorted, the empty ones last
	reader reader
	left   [budgets]uint8
	// clients counts those ever attached. The count is the client's number, so
	// that no two clients look the same.
	clients uint8
	// undo is the last write that arrived, if the cache may still lose it.
	undo undo
}

// Values in the cache:
//
//	page   four bits for each slot: the number of the client times two, plus its user
//	list   a bit for each user and page: user*maxPages+page
//	lease  1 | cover<<1 | level<<3
//	mark   how often the node has marked the cache
//	nodes  a bit for each node

const slotBits = 4

func leaseValue(cover, level uint8) uint8 { return 1 | cover<<1 | level<<3 }

func coverOf(lease uint8) uint8 { return lease >> 1 & 3 }

func levelOf(lease uint8) uint8 { return lease >> 3 }

type life uint8

const (
	unborn life = iota
	up
	paused
	leaving // Close withdraws it
	dead
)

// The phases of a heartbeat, in their order.
type phase uint8

const (
	idle     phase = iota
	begun          // has read its mark or its lease
	joining        // writes the list of nodes
	marking        // writes its mark, because it is lost
	ready          // may renew, once it is whole
	renewing       // writes its lease
)

// The stages of a change of level.
type stage uint8

const (
	oldLevel stage = iota
	growing        // writes both levels; the lease names the old one
	switched       // the lease names the new level; the old lists are still there
	newLevel
)

// A node is one incarnation of a process.
type node struct {
	life    life
	started bool // has attached a client at some time
	client  [maxSlots]uint8
	back    uint8 // slots whose Attach has returned
	changed uint8 // slots that a write of differences carries (only without R2)

	dirty   uint8 // keys that must be written
	used    uint8 // keys that it has ever written
	open    uint8 // keys in doubt: a late write of them may still come
	closing uint8 // keys in doubt, all late writes have come: read back once more

	beat    phase
	lost    bool // everything must be written before the lease is
	late    bool // the last renewal began longer than a lease ago
	renewed bool
	joined  bool  // has seen its name in the list of nodes
	cover   uint8 // pages that the lease in the cache covers for sure
	mark    uint8 // the last mark it wrote
	stage   stage

	past past
}

// A past is what a node does not know of itself. Only properties and fairness
// depend on it.
type past struct {
	beatLate   bool  // more than a lease has gone by since this heartbeat began
	blind      bool  // keys were lost since this heartbeat began
	leaseOld   bool  // the lease in the cache may end at any moment
	leaseBlind bool  // the lease in the cache is of a blind heartbeat, or came late
	hurt       bool  // a fault has touched the node
	evicted    bool  // the cache changed a key of its, and no sweep has come since
	doubt      uint8 // keys that the cache ever changed, or of which a write failed
	calm       uint8 // heartbeats since anything changed, up to 2
}

// A message is a write on its way to the cache. A value of 0 deletes the key.
type message struct {
	status status
	key    uint8
	value  uint8
	mask   uint8 // the bits of the value that are written; all, with R2
	from   uint8 // the node that wrote it
}

// An undo is a key and what it held before the last write.
type undo struct {
	key, value uint8
	possible   bool
}

type status uint8

const (
	nothing status = iota
	flying         // its writer waits for the outcome
	orphan         // its writer is dead or was told that it failed
)

func cacheKey(n, k uint8) uint8 { return n*nodeKeys + k }

func (s *state) at(n, k uint8) uint8 { return s.cache[cacheKey(n, k)] }

// flying reports which keys of node n have a write in flight.
func (s *state) flying(n uint8) (keys uint8) {
	for _, msg := range s.net {
		if msg.status == flying && msg.from == n && msg.key != nodesKey {
			keys |= 1 << (msg.key % nodeKeys)
		}
	}
	return keys
}

// unsettled reports which pages and lists of node n the cache may not have as
// the node holds them, as far as the node knows.
func (s *state) unsettled(n uint8) uint8 {
	return (s.node[n].dirty | s.flying(n)) & (pageMask | listsMask)
}
