package wsconn

import "sync"

// A table holds the connections of a loop, from being accepted to being closed.
//
// Invariant: a slot and a generation name one connection for ever. The generation
// grows when a slot becomes free, so an event or a deadline that is late finds
// nobody, rather than the next one who happens to have the slot, or the
// descriptor.
type table struct {
	mu    sync.Mutex
	pages []*page // which never move
	used  uint32  // slots that were ever used
	free  uint32  // 1 + the first free slot below that, or 0
	count int
}

const pageSlots = 256

type page [pageSlots]slot

type slot struct {
	conn *Conn
	gen  uint32
	// due is when sweep looks at the connection, as a clock; never, if it is 0. Of
	// a free slot, it is the next one in the list of them.
	due uint32
}

func (t *table) at(i uint32) *slot { return &t.pages[i/pageSlots][i%pageSlots] }

// add puts a connection into a slot and returns its generation.
func (t *table) add(c *Conn, due uint32) (gen uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := t.used
	if t.free != 0 {
		i = t.free - 1
		t.free = t.at(i).due
	} else {
		if i/pageSlots == uint32(len(t.pages)) {
			t.pages = append(t.pages, new(page))
		}
		t.used++
	}
	s := t.at(i)
	s.conn, s.due = c, due
	c.slot = i
	t.count++
	return s.gen
}

// remove frees the slot of a connection.
func (t *table) remove(c *Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.at(c.slot)
	if s.conn != c {
		return
	}
	s.conn, s.due = nil, t.free
	s.gen++
	t.free = c.slot + 1
	t.count--
}

// get returns the connection that had the slot in that generation, or nil if it is
// gone. The caller holds t.mu.
func (t *table) get(i, gen uint32) *Conn {
	if i >= t.used {
		return nil
	}
	if s := t.at(i); s.gen == gen {
		return s.conn
	}
	return nil
}

// gen returns the present generation of a connection's slot.
func (t *table) gen(c *Conn) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at(c.slot).gen
}

// wake has sweep look at a connection at a time, if it would not earlier.
func (t *table) wake(c *Conn, at uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.at(c.slot); s.conn == c && (s.due == 0 || before(at, s.due)) {
		s.due = at
	}
}

// due appends to conns those of a page that are due, which then are not any more.
// It returns false behind the last page.
func (t *table) due(conns []*Conn, page int, now uint32) ([]*Conn, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if page >= len(t.pages) {
		return conns, false
	}
	for i := range t.pages[page] {
		if s := &t.pages[page][i]; s.conn != nil && s.due != 0 && !before(now, s.due) {
			s.due = 0
			conns = append(conns, s.conn)
		}
	}
	return conns, true
}

// all appends the connections of this moment.
func (t *table) all(conns []*Conn) []*Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pages {
		for i := range p {
			if p[i].conn != nil {
				conns = append(conns, p[i].conn)
			}
		}
	}
	return conns
}
