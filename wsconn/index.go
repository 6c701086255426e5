package wsconn

import (
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// An index finds connections by the id of their client. It is a table over the
// storage's slots, which are dense, rather than a map, which would cost five times
// as much for each client.
//
// Invariant: get takes no lock, because a message to one client must not wait for
// those who come and go. Pages never move and are never given back.
type index struct {
	pages atomic.Pointer[[]*indexPage]
	mu    sync.Mutex // of those who add pages
}

type indexPage [512]atomic.Pointer[Conn]

func (x *index) get(id clientstorage.ID) *Conn {
	pages := x.pages.Load()
	slot := int(id.Slot())
	if pages == nil || slot/len(indexPage{}) >= len(*pages) {
		return nil
	}
	// The storage may have given the slot to a client of somebody else by now.
	if c := (*pages)[slot/len(indexPage{})][slot%len(indexPage{})].Load(); c != nil && c.ID() == id {
		return c
	}
	return nil
}

func (x *index) put(id clientstorage.ID, c *Conn) {
	x.entry(id).Store(c)
}

// remove forgets c, unless the slot is another's by now.
func (x *index) remove(id clientstorage.ID, c *Conn) {
	x.entry(id).CompareAndSwap(c, nil)
}

func (x *index) entry(id clientstorage.ID) *atomic.Pointer[Conn] {
	slot := int(id.Slot())
	page := slot / len(indexPage{})
	pages := x.pages.Load()
	if pages == nil || page >= len(*pages) {
		pages = x.grow(page)
	}
	return &(*pages)[page][slot%len(indexPage{})]
}

func (x *index) grow(page int) *[]*indexPage {
	x.mu.Lock()
	defer x.mu.Unlock()
	var pages []*indexPage
	if old := x.pages.Load(); old != nil {
		pages = *old
	}
	pages = append(make([]*indexPage, 0, page+1), pages...)
	for len(pages) <= page {
		pages = append(pages, new(indexPage))
	}
	x.pages.Store(&pages)
	return &pages
}
