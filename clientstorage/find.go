package clientstorage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// lookup finds a client of another node.
func (s *shared) lookup(ctx context.Context, id ID) (*Client, error) {
	asked := time.Now()
	page := id.slot / pageSlots
	got := s.fetchEach(ctx, []string{s.leaseKey(id.node), s.pageKey(id.node, page)})
	lease, err := s.leaseIn(ctx, got[0])
	if err != nil {
		return nil, wrap("lookup", err)
	}
	age := s.view.saw(id.node, lease, asked)
	clients, err := s.pageIn(ctx, got[1], id.node, page, age, func(slot uint32, _ []byte) bool { return slot == id.slot })
	if err != nil {
		return nil, wrap("lookup", err)
	}
	for _, c := range clients {
		if c.ID == id {
			return c, nil
		}
	}
	return nil, ErrNotFound
}

// pageIn returns the clients of a page that are wanted.
func (s *shared) pageIn(ctx context.Context, f fetched, node NodeID, page uint32, age time.Duration, wanted func(uint32, []byte) bool) ([]*Client, error) {
	if f.err != nil {
		return nil, f.err
	}
	clients, err := decodePage(f.bytes, node, page, wanted)
	s.hear(ctx, err)
	for _, c := range clients {
		c.age = ageMillis(age)
	}
	return clients, err
}

// A place is where clients are in the cache.
type place struct {
	*answer
	page uint32
}

// others returns the clients of all other nodes.
func (s *shared) others(ctx context.Context) iter.Seq2[*Client, error] {
	return func(yield func(*Client, error) bool) {
		answers, err := s.ask(ctx, nil)
		if err != nil {
			yield(nil, err)
			return
		}
		places := func(yield func(place, error) bool) {
			for i := range answers {
				a := &answers[i]
				if a.err != nil && !yield(place{}, a.err) {
					return
				}
				for page := range a.lease.pages {
					if !yield(place{a, page}, nil) {
						return
					}
				}
			}
		}
		s.clientsAt(ctx, places, func(uint32, []byte) bool { return true }, yield)
	}
}

// byUser returns the clients of user on the other nodes.
func (s *shared) byUser(ctx context.Context, user string) iter.Seq2[*Client, error] {
	return func(yield func(*Client, error) bool) {
		answers, err := s.askForUsers(ctx, []string{user})
		if err != nil {
			yield(nil, err)
			return
		}
		places := func(yield func(place, error) bool) {
			for i := range answers {
				a := &answers[i]
				pages, err := s.pagesOfUser(ctx, a, user)
				if err != nil && !yield(place{}, err) {
					return
				}
				for _, page := range pages {
					if !yield(place{a, page}, nil) {
						return
					}
				}
			}
		}
		s.clientsAt(ctx, places, func(_ uint32, name []byte) bool { return string(name) == user }, yield)
	}
}

// readAtOnce is how many pages or lists a reader asks for together. It bounds
// what it holds in memory.
const readAtOnce = 64

// clientsAt yields the clients at places that are wanted, and the errors.
func (s *shared) clientsAt(ctx context.Context, places iter.Seq2[place, error], wanted func(uint32, []byte) bool, yield func(*Client, error) bool) {
	r := placeReader{s: s, ctx: ctx, began: time.Now(), wanted: wanted, yield: yield}
	for p, err := range places {
		switch {
		case err != nil:
			if !yield(nil, err) {
				return
			}
		case r.failed[p.node]:
		default:
			r.next = append(r.next, p)
			if len(r.next) == readAtOnce && !r.read() {
				return
			}
		}
	}
	r.read()
}

type placeReader struct {
	s      *shared
	ctx    context.Context
	began  time.Time
	wanted func(uint32, []byte) bool
	yield  func(*Client, error) bool
	next   []place
	// failed are the nodes for which the cache failed: their other pages will
	// hardly fare better, and waiting for each of them helps nobody.
	failed map[NodeID]bool
}

// read yields what is at the next places, and reports whether to go on.
func (r *placeReader) read() bool {
	if len(r.next) == 0 {
		return true
	}
	keys := make([]string, len(r.next))
	for i, p := range r.next {
		keys[i] = r.s.pageKey(p.node, p.page)
	}
	values := r.s.fetchEach(r.ctx, keys)
	late := time.Since(r.began)
	for i, p := range r.next {
		if !r.readPlace(p, values[i], late) {
			return false
		}
	}
	r.next = r.next[:0]
	return true
}

func (r *placeReader) readPlace(p place, value fetched, late time.Duration) bool {
	if errors.Is(value.err, ErrNotFound) || r.failed[p.node] {
		return true // an empty page is not kept
	}
	clients, err := r.s.pageIn(r.ctx, value, p.node, p.page, p.age+late, r.wanted)
	for _, c := range clients {
		if !r.yield(c, nil) {
			return false
		}
	}
	if err == nil {
		return true
	}
	if !errors.Is(err, ErrCorrupt) {
		if r.failed == nil {
			r.failed = make(map[NodeID]bool)
		}
		r.failed[p.node] = true
	}
	return r.yield(nil, ofNode(p.node, err))
}

// ofNode says which node an error is about.
func ofNode(node NodeID, err error) error {
	return fmt.Errorf("clientstorage: node %v: %w", node, err)
}
