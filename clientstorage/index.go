package clientstorage

import "math/bits"

// An index finds users by the hash of their names. It is a chained hash table
// whose links lie in the slots of the table: the clients of one user are a ring
// of slots, the longest attached first, and the users of one bucket are a chain
// of the first slots of their rings. So the index allocates nothing for a
// client, and four bytes for a user.
//
// It grows by linear hashing, one bucket at a time, so that no Attach pays for
// all others, and never shrinks. A bucket always holds the users whose hashes have the same low
// bits, and that is what makes it more than a map: the users of one list in the
// cache, who are those of some buckets, are found without looking at the others.
//
// Whoever calls its methods holds the lock of the table.
type index struct {
	heads []uint32 // of each bucket, the first slot of its chain, or noSlot
	users int
}

func newIndex() index {
	x := index{heads: make([]uint32, 1<<minLevel)}
	for i := range x.heads {
		x.heads[i] = noSlot
	}
	return x
}

// bucket returns where users of a hash are.
func (x *index) bucket(hash uint32) uint32 {
	mask := uint32(1)<<bits.Len(uint(len(x.heads)-1)) - 1
	if b := hash & mask; b < uint32(len(x.heads)) {
		return b
	}
	return hash & (mask >> 1) // not split yet
}

// find returns the first slot of the user's ring, or noSlot.
func (t *table) find(user string, hash uint32) uint32 {
	n := t.index.heads[t.index.bucket(hash)]
	for n != noSlot {
		s := t.slotAt(n)
		if s.client.Load().User == user {
			break
		}
		n = s.chain
	}
	return n
}

// link adds slot n, whose client is set, to the index. head is what find
// returned for its user.
func (t *table) link(n, head uint32, s *slot) {
	if head == noSlot {
		s.next, s.prev = n, n
		x := &t.index
		if x.users++; x.users > len(x.heads) {
			t.splitBucket()
		}
		b := x.bucket(t.hash(s.client.Load().User))
		s.chain, x.heads[b] = x.heads[b], n
		return
	}
	h := t.slotAt(head)
	s.next, s.prev, s.chain = head, h.prev, noSlot
	t.slotAt(h.prev).next = n
	h.prev = n
}

// unlink takes slot n out of the index.
func (t *table) unlink(n uint32, s *slot) {
	b := t.index.bucket(t.hash(s.client.Load().User))
	link := &t.index.heads[b]
	for *link != n && *link != noSlot {
		link = &t.slotAt(*link).chain
	}
	first := *link == n
	switch {
	case s.next == n: // the user's only client
		*link = s.chain
		t.index.users--
	case first:
		*link = s.next
		t.slotAt(s.next).chain = s.chain
		fallthrough
	default:
		t.slotAt(s.prev).next = s.next
		t.slotAt(s.next).prev = s.prev
	}
}

// splitBucket adds a bucket, which takes over users from the one that has held
// them so far.
func (t *table) splitBucket() {
	x := &t.index
	added := uint32(len(x.heads))
	old := added &^ (1 << (bits.Len32(added) - 1))
	x.heads = append(x.heads, noSlot)
	link := &x.heads[old]
	for *link != noSlot {
		n := *link
		s := t.slotAt(n)
		if x.bucket(t.hash(s.client.Load().User)) == old {
			link = &s.chain
			continue
		}
		*link = s.chain
		s.chain, x.heads[added] = x.heads[added], n
	}
}

// usersOf calls yield with the first slot of each user whose hash has the low
// bits of bucket. There are at least 1<<level buckets.
func (t *table) usersOf(level uint8, bucket uint32, yield func(n uint32, s *slot)) {
	for b := bucket; b < uint32(len(t.index.heads)); b += 1 << level {
		for n := t.index.heads[b]; n != noSlot; {
			s := t.slotAt(n)
			yield(n, s)
			n = s.chain
		}
	}
}

// Users are hashed with FNV-1a of 32 bits, which every language has or gets in
// three lines. The node's id goes first: whoever picks a user name does not know
// which others it will share a bucket with, unless it has seen an ID of the node.
const (
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

func fnv1a(hash uint32, s string) uint32 {
	for i := range len(s) {
		hash = (hash ^ uint32(s[i])) * fnvPrime
	}
	return hash
}

// hash returns the hash of a user of this node. It is not kept: to hash a name again
// now and then takes less than four bytes for each client.
func (t *table) hash(user string) uint32 { return fnv1a(t.seed, user) }

// hashSeed is what the hashes of a node's users begin with.
func (n NodeID) hashSeed() uint32 { return fnv1a(fnvOffset, n.String()) }
