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
type table struct {
	node NodeID
	seed uint32 // of the users' hashes

	// chunks is replaced when it grows. A chunk, once there, stays.
	chunks atomic.Pointer[[]*chunk]

	mu         sync.Mutex
	index      index
	vacant     vacancies
	slots      uint32 // slots ever used
	live       int
	anonymous  int
	announcing map[ID]*departure // see hooks.go
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
	// While a client is here: its neighbours in the user's ring, and if it is the
	// first of them, the next user in the bucket.
	next, prev, chain uint32
}

func newTable(node NodeID) *table {
	t := &table{node: node, seed: node.hashSeed(), index: newIndex()}
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

// A change is what became different of one client's user.
type change struct {
	client  *Client
	hash    uint32
	arrived bool // the client is new
	// pages says that the user has clients on a page more, or a page less.
	pages bool
	// announcing says that the hook Attached has not returned yet.
	announcing bool
	users      int // of the node, after the change; -1 if it is another change
}

// An insertion is what insert did, and to whom.
type insertion struct {
	change
	displaced []change // clients that had to make room
}

// insert gives c an ID and makes it visible. others is how many clients of the
// same user the limit counts beside those of this node.
func (t *table) insert(c *Client, limit Limit, others int, announce bool) (insertion, error) {
	hash := t.hash(c.User)
	t.mu.Lock()
	defer t.mu.Unlock()
	var in insertion
	head := t.find(c.User, hash)
	if limit.Max > 0 {
		excess := t.ringLen(head) + others - limit.Max + 1
		if excess > 0 && !limit.DetachOldest {
			return in, ErrLimit
		}
		for ; excess > 0 && head != noSlot; excess-- {
			oldest := t.slotAt(head).client.Load()
			in.displaced = append(in.displaced, t.take(oldest, ErrDisplaced))
			head = t.find(c.User, hash)
		}
	}
	n, ok := t.vacancy()
	if !ok {
		return in, ErrFull
	}
	s := t.slotAt(n)
	s.gen++
	c.ID = ID{t.node, n, s.gen}
	s.client.Store(c)
	t.link(n, head, s)
	t.live++
	if c.Anonymous {
		t.anonymous++
	}
	if announce {
		t.announce(c.ID)
	}
	in.change = change{
		client: c, hash: hash, arrived: true, pages: !t.sharesPage(n, s), announcing: announce, users: t.index.users,
	}
	return in, nil
}

// remove takes the client id out. It reports false if it is not there.
func (t *table) remove(id ID, reason error) (change, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.lookup(id)
	if c == nil {
		return change{}, false
	}
	return t.take(c, reason), true
}

func (t *table) take(c *Client, reason error) change {
	n := c.ID.slot
	s := t.slotAt(n)
	out := change{client: c, hash: t.hash(c.User), pages: !t.sharesPage(n, s)}
	t.unlink(n, s)
	s.client.Store(nil)
	t.live--
	if c.Anonymous {
		t.anonymous--
	}
	// A slot that has used up its generations is left alone, because an ID must
	// never name two clients.
	if s.gen < math.MaxUint32 {
		t.vacant.add(n)
	}
	if d := t.announcing[c.ID]; d != nil {
		d.left, d.reason = true, reason
		out.announcing = true
	}
	out.users = t.index.users
	return out
}

// update replaces the client id by what edit makes of it.
func (t *table) update(id ID, edit func(*Client) (*Client, error)) (*Client, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.lookup(id)
	if c == nil {
		return nil, ErrNotFound
	}
	edited, err := edit(c)
	if err != nil {
		return nil, err
	}
	t.slotAt(id.slot).client.Store(edited)
	return edited, nil
}

// vacancy returns a slot for a new client: the lowest that is free.
func (t *table) vacancy() (n uint32, ok bool) {
	if n, ok := t.vacant.take(); ok {
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

// sharesPage reports whether a neighbour in the user's ring is on the page of
// slot n. If none is, another one may be all the same.
func (t *table) sharesPage(n uint32, s *slot) bool {
	on := func(m uint32) bool { return m != n && m/pageSlots == n/pageSlots }
	return on(s.prev) || on(s.next)
}

// ring calls yield for the clients of the user whose first slot is head, the
// longest attached first, until it returns false.
func (t *table) ring(head uint32, yield func(*Client) bool) {
	for n := head; n != noSlot; {
		s := t.slotAt(n)
		if !yield(s.client.Load()) {
			return
		}
		if n = s.next; n == head {
			return
		}
	}
}

func (t *table) ringLen(head uint32) (n int) {
	t.ring(head, func(*Client) bool { n++; return true })
	return n
}

// ofUser returns the clients of user, the longest attached first.
func (t *table) ofUser(user string) []*Client {
	hash := t.hash(user)
	t.mu.Lock()
	defer t.mu.Unlock()
	var clients []*Client
	t.ring(t.find(user, hash), func(c *Client) bool { clients = append(clients, c); return true })
	return clients
}

// has reports whether user has a client.
func (t *table) has(user string) bool {
	hash := t.hash(user)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.find(user, hash) != noSlot
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

// allUsers calls yield for every user. One who is there throughout is seen
// exactly once, because the hash of a name never changes.
func (t *table) allUsers(yield func(User) bool) bool {
	t.mu.Lock()
	level := levelFor(t.index.users)
	t.mu.Unlock()
	var some []User
	for bucket := range uint32(1) << level {
		some = some[:0]
		t.mu.Lock()
		t.usersOf(level, bucket, func(_ uint32, s *slot) {
			c := s.client.Load()
			some = append(some, User{Name: c.User, Anonymous: c.Anonymous})
		})
		t.mu.Unlock()
		for _, u := range some {
			if !yield(u) {
				return false
			}
		}
	}
	return true
}

func (t *table) count() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Count{Clients: t.live, Users: t.index.users, Anonymous: t.anonymous}
}
