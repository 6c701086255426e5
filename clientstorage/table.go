package clientstorage

import (
	"math"
	"sync"
	"sync/atomic"
)

// A table keeps the clients of this node in numbered slots. Looking a client up
// takes no lock: the slot follows from the ID, and the ID that is found there
// says whether it is still the same client. Everything that changes the table
// holds mu.
//
// The clients of one user are a ring of slots, and the users map names one slot
// of each ring. So the index costs eight bytes a client and one map entry a
// user, and nothing is allocated when a second tab is opened.
type table struct {
	node NodeID

	// chunks is replaced when it grows. A chunk, once there, stays.
	chunks atomic.Pointer[[]*chunk]

	mu        sync.Mutex
	users     map[string]uint32 // one slot of the user's ring
	free      uint32            // first of the vacant slots, linked by next, or noSlot
	slots     uint32            // slots ever used
	live      int
	anonymous int
}

const (
	chunkSlots = 1024
	noSlot     = math.MaxUint32
	maxSlots   = 1 << 28
)

type chunk [chunkSlots]slot

type slot struct {
	client atomic.Pointer[Client]
	gen    uint32 // of the client that is here, or was here last
	// While a client is here, its neighbours in its user's ring; else next is
	// the next vacant slot.
	next, prev uint32
}

func newTable(node NodeID) *table {
	t := &table{node: node, users: make(map[string]uint32), free: noSlot}
	t.chunks.Store(new([]*chunk))
	return t
}

// slotAt returns slot n, or nil if there never was one.
func (t *table) slotAt(n uint32) *slot {
	chunks := *t.chunks.Load()
	if int(n/chunkSlots) >= len(chunks) {
		return nil
	}
	return &chunks[n/chunkSlots][n%chunkSlots]
}

// lookup returns the client id, or nil. It takes no lock.
func (t *table) lookup(id ID) *Client {
	s := t.slotAt(id.slot)
	if s == nil {
		return nil
	}
	if c := s.client.Load(); c != nil && c.ID == id {
		return c
	}
	return nil
}

// insert gives c an ID and makes it visible. It reports false if the table is
// full.
func (t *table) insert(c *Client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.vacant()
	if !ok {
		return false
	}
	s := t.slotAt(n)
	s.gen++
	c.ID = ID{t.node, n, s.gen}
	t.link(c.User, n, s)
	t.live++
	if c.Anonymous {
		t.anonymous++
	}
	s.client.Store(c)
	return true
}

// remove takes the client id out and returns it, or nil if it is not there.
func (t *table) remove(id ID) *Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.slotAt(id.slot)
	if s == nil {
		return nil
	}
	c := s.client.Load()
	if c == nil || c.ID != id {
		return nil
	}
	s.client.Store(nil)
	t.unlink(c.User, id.slot, s)
	t.live--
	if c.Anonymous {
		t.anonymous--
	}
	// A slot that has used up its generations is left alone, because an ID must
	// never name two clients.
	if s.gen < math.MaxUint32 {
		s.next, t.free = t.free, id.slot
	}
	return c
}

// vacant returns a slot for a new client: the one that was left last, so that
// the used slots, and with them the pages in the cache, stay few.
func (t *table) vacant() (n uint32, ok bool) {
	if t.free != noSlot {
		n = t.free
		t.free = t.slotAt(n).next
		return n, true
	}
	if t.slots == maxSlots {
		return 0, false
	}
	if t.slots%chunkSlots == 0 {
		old := *t.chunks.Load()
		grown := append(old[:len(old):len(old)], new(chunk))
		t.chunks.Store(&grown)
	}
	t.slots++
	return t.slots - 1, true
}

func (t *table) link(user string, n uint32, s *slot) {
	head, ok := t.users[user]
	if !ok {
		t.users[user] = n
		s.next, s.prev = n, n
		return
	}
	h := t.slotAt(head)
	s.next, s.prev = head, h.prev
	t.slotAt(h.prev).next = n
	h.prev = n
}

func (t *table) unlink(user string, n uint32, s *slot) {
	if s.next == n {
		delete(t.users, user)
		return
	}
	t.slotAt(s.prev).next = s.next
	t.slotAt(s.next).prev = s.prev
	if t.users[user] == n {
		t.users[user] = s.next
	}
}

// ofUser returns the clients of user, the longest attached first.
func (t *table) ofUser(user string) []*Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	head, ok := t.users[user]
	if !ok {
		return nil
	}
	var clients []*Client
	for n := head; ; {
		s := t.slotAt(n)
		clients = append(clients, s.client.Load())
		if n = s.next; n == head {
			return clients
		}
	}
}

// all calls yield for every client. A client that is attached throughout is
// seen exactly once, because it never changes its slot.
func (t *table) all(yield func(*Client) bool) bool {
	for _, chunk := range *t.chunks.Load() {
		for i := range chunk {
			if c := chunk[i].client.Load(); c != nil && !yield(c) {
				return false
			}
		}
	}
	return true
}

func (t *table) count() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Count{Clients: t.live, Anonymous: t.anonymous}
}
