package clientstorage

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// clientInCache explains what the cache says of a client, whichever node it is
// attached to, and reports whether Lookup of another node finds it.
func (x *explainer) clientInCache(id ID) (visible bool) {
	s, page := x.shared, id.slot/pageSlots
	x.at(id.node, x.lastNameOf(id.node))
	asked := time.Now()
	got := s.fetchEach(x.ctx, []string{s.nodesKey(), s.leaseKey(id.node), s.pageKey(id.node, page)})
	nodes, nodesErr := s.nodesIn(x.ctx, got[0])
	lease, leaseErr := s.leaseIn(x.ctx, got[1])
	if leaseErr == nil {
		x.name = lease.name
	}
	x.sayListed(id.node, nodes, nodesErr)
	return x.sayLease(id.node, lease, leaseErr, asked) && x.sayClient(id, lease, got[2])
}

// lastNameOf returns what a node called itself when this storage last saw its
// lease, or nothing.
func (x *explainer) lastNameOf(node NodeID) string {
	if node == x.table.node {
		return x.opts.Name
	}
	last, _ := x.shared.view.last(node)
	return last.name
}

// sayListed says whether a node is in the list of nodes. Lookup does not need
// that, but all that asks every node does.
func (x *explainer) sayListed(node NodeID, nodes []NodeID, err error) {
	switch {
	case errors.Is(err, ErrNotFound):
		x.say("node", false, "there is no list of nodes")
	case err != nil:
		x.fail("node", err, "the list of nodes cannot be read")
	case slices.Contains(nodes, node):
		x.say("node", true, "in the list of %s", plural(len(nodes), "node"))
	default:
		x.say("node", false, "not in the list of %s, so only Lookup finds its clients; while it lives, it adds itself with its next heartbeat",
			plural(len(nodes), "node"))
	}
}

// sayLease says how it is with the lease of a node, and reports whether the node
// is alive.
func (x *explainer) sayLease(node NodeID, l lease, err error, asked time.Time) bool {
	switch {
	case errors.Is(err, ErrNotFound):
		x.say("lease", false, "gone, and with it all clients of the node: it was closed or killed, or has not reached the cache for as long as a lease lasts")
		return false
	case err != nil:
		x.fail("lease", err, "cannot be read")
		return false
	}
	behind := ""
	if l.lag > 0 {
		behind = fmt.Sprintf("; the node says that the cache was behind by %v", l.lag.Round(ageStep))
	}
	x.say("lease", true, "%s; it covers %s%s", x.ageOf(node, l, asked), plural(l.pages, "page"), behind)
	return true
}

// writtenAgain is after how long a key that the cache dropped is back at last.
var writtenAgain = fmt.Sprintf("%.0f minutes", sweepEvery.Minutes())

const ageStep = 100 * time.Millisecond // as exact as people want to know it

func (x *explainer) ageOf(node NodeID, l lease, asked time.Time) string {
	if node != x.table.node {
		return fmt.Sprintf("at most %v old", x.shared.view.saw(node, l, asked).Round(ageStep))
	}
	select {
	case x.shared.leasing <- struct{}{}:
		began := x.shared.renewal.began
		<-x.shared.leasing
		return fmt.Sprintf("%v old", time.Since(began).Round(ageStep))
	default:
		return "being renewed"
	}
}

// sayClient says whether a client is on its page in the cache.
func (x *explainer) sayClient(id ID, l lease, value fetched) bool {
	page := id.slot / pageSlots
	var gen uint32 // of whoever is in the slot
	clients, err := x.shared.pageIn(x.ctx, value, id.node, page, 0, func(slot uint32, _ []byte) bool { return slot == id.slot })
	for _, c := range clients {
		gen = max(gen, c.ID.gen)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		x.say("page", false, "page %d is not there: no client is on it, or the cache has dropped it, and then its node writes it again within %s", page, writtenAgain)
		return false
	case err != nil:
		x.fail("page", err, "page %d cannot be read", page)
		return false
	case page >= l.pages:
		x.say("page", true, "page %d is there, but the lease does not cover it yet, so All does not read it", page)
	default:
		x.say("page", true, "page %d is there, and the lease covers it", page)
	}
	switch {
	case gen == id.gen:
		x.say("client", true, "on the page")
	case gen > id.gen:
		x.say("client", false, "it has left: its slot was given to another client since")
	case gen > 0:
		x.say("client", false, "not yet on the page, which still has the client that was in the slot before")
	default:
		x.say("client", false, "not on the page: it has left, or is not written yet")
	}
	return gen == id.gen
}

// ownClient explains a client of this node: what is in memory, and what the
// others see of it.
func (x *explainer) ownClient(id ID) {
	x.at(id.node, x.opts.Name)
	var detail string
	detail, x.Visible = x.table.trace(id)
	x.say("client", x.Visible, "%s", detail)
	if x.shared == nil {
		x.say("cache", false, "this storage has none, so there are no other nodes")
		return
	}
	wanted := x.outstanding([]part{{pageLevel, id.slot / pageSlots}})
	seen := x.clientInCache(id)
	x.sayWritten(wanted, seen == x.Visible || x.Unread)
}

// trace says what became of an id of this node.
func (t *table) trace(id ID) (detail string, attached bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.slotAt(id.slot)
	switch {
	case s == nil || id.gen > s.gen:
		return "this node has not given out this id", false
	case s.gen > id.gen:
		return "it was attached to this node and has left: its slot was given to another client since", false
	case s.client.Load() == nil:
		return "it was attached to this node and has left", false
	default:
		return "attached to this node", true
	}
}

// debt is what this node has still to write.
type debt struct {
	parts  int // not written as they are
	err    error
	down   time.Duration // for how long the cache has been failing
	closed bool
}

// outstanding looks which of parts are still to be written. It must be called
// before the cache is read, lest a write in between look like a loss.
func (x *explainer) outstanding(parts []part) (d debt) {
	s := x.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parts {
		if st := s.parts[p]; st != nil && st.saved < st.changed {
			d.parts++
			if st.err != nil {
				d.err = st.err
			}
		}
	}
	if s.trouble.down() {
		d.down = time.Since(s.trouble.since)
	}
	d.closed = s.closed
	return d
}

// sayWritten says why the cache is, or is not, as this node wants it to be.
func (x *explainer) sayWritten(d debt, agrees bool) {
	switch {
	case d.closed:
		x.say("write", false, "this storage is closed and writes no more")
	case d.parts > 0 && d.down > 0:
		x.say("write", false, "%s to be written, for which the cache must be back: it has failed for %v", plural(d.parts, "key"), d.down.Round(ageStep))
	case d.parts > 0:
		x.say("write", false, "%s to be written", plural(d.parts, "key"))
	case d.down > 0:
		x.say("write", false, "the cache has failed for %v; nothing else of this is to be written", d.down.Round(ageStep))
	case agrees:
		x.say("write", true, "this node has written all of it")
	default:
		x.say("write", false, "this node has written it, and the cache does not have it as it was written; it is written again within %s", writtenAgain)
	}
	x.Steps[len(x.Steps)-1].Err = d.err
}
