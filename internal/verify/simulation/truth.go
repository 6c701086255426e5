package simulation

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// The truth is what the simulation did to its storages, which knows more than
// any of them.
type truth struct {
	mu      sync.Mutex
	clients []*client // by serial
	leases  map[clientstorage.NodeID][]arrivedLease
}

// A client is one that was or is attached, or for which Attach is on its way.
type client struct {
	serial    int
	node      *node
	user      string
	anonymous bool
	id        clientstorage.ID // zero while Attach is on its way
	state     state
	versions  []version
	// buried says that it was gone when everything was quiet, so that no message
	// is on its way any more that could bring it back.
	buried bool
	// kept says that it stays until the next storm.
	kept bool
}

type state int

const (
	attaching state = iota
	attached
	gone
)

// A version of a client was true until it was updated or detached.
type version struct {
	roles []string
	until time.Time // zero while it is true
}

// Every client says in its attributes which it is, and which version.
const (
	serialAttribute  = "serial"
	versionAttribute = "version"
)

// begin notes that Attach is called, and returns what to call it with.
func (t *truth) begin(n *node, user string, anonymous bool, roles []string) (*client, clientstorage.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &client{serial: len(t.clients), node: n, user: user, anonymous: anonymous, versions: []version{{roles: roles}}}
	t.clients = append(t.clients, c)
	return c, clientstorage.Client{
		User: user, Anonymous: anonymous, Roles: roles,
		Attributes: map[string]string{serialAttribute: strconv.Itoa(c.serial), versionAttribute: "0"},
	}
}

// attached notes that Attach has returned a client.
func (t *truth) attached(c *client, id clientstorage.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.id = id
	if c.state == attaching {
		c.state = attached
	}
}

// leave notes that the client is no longer attached from now on, and reports
// whether it was.
func (t *truth) leave(c *client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.state == gone {
		return false
	}
	c.state = gone
	c.versions[len(c.versions)-1].until = time.Now()
	return true
}

func (t *truth) isGone(c *client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return c.state == gone
}

// any returns some client that is or was there, or nil.
func (t *truth) any(r *rand.Rand) *client {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.clients) == 0 {
		return nil
	}
	return t.clients[r.IntN(len(t.clients))]
}

// update notes that the client is different from now on, and makes the storage's
// client so.
func (t *truth) update(c *client, roles []string, changed *clientstorage.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.versions[len(c.versions)-1].until = time.Now()
	changed.Roles = roles
	changed.Attributes[versionAttribute] = strconv.Itoa(len(c.versions))
	c.versions = append(c.versions, version{roles: roles})
}

// keep lets a client stay.
func (t *truth) keep(c *client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.kept = true
}

// find returns the client that one of a storage claims to be.
func (t *truth) find(got *clientstorage.Client) *client {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bySerial(got)
}

func (t *truth) bySerial(got *clientstorage.Client) *client {
	serial, err := strconv.Atoi(got.Attributes[serialAttribute])
	if err != nil || serial < 0 || serial >= len(t.clients) {
		return nil
	}
	return t.clients[serial]
}

// of returns the clients of a node that are in one of states.
func (t *truth) of(n *node, states ...state) []*client {
	t.mu.Lock()
	defer t.mu.Unlock()
	var clients []*client
	for _, c := range t.clients {
		if c.node == n && slices.Contains(states, c.state) {
			clients = append(clients, c)
		}
	}
	return clients
}

// bury notes that those who are gone must never be seen again, and returns the
// last of them.
func (t *truth) bury(most int) []*client {
	t.mu.Lock()
	defer t.mu.Unlock()
	var buried []*client
	for _, c := range t.clients {
		if c.state == gone || c.node.ended() {
			c.buried = true
			buried = append(buried, c)
		}
	}
	return buried[max(0, len(buried)-most):]
}

// An arrivedLease is how long a lease was on its way to the cache.
type arrivedLease struct{ at, sent time.Time }

func (t *truth) leaseArrived(id clientstorage.NodeID, sent time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leases[id] = append(t.leases[id], arrivedLease{time.Now(), sent})
}

// lastLease returns when the last lease of a node arrived.
func (t *truth) lastLease(id clientstorage.NodeID) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.leases[id]; len(known) > 0 {
		return known[len(known)-1].at
	}
	return time.Time{}
}

// onTheWay returns how long those leases of a node were on their way that were
// in the cache after a time. No reader can know that, so no age contains it.
func (t *truth) onTheWay(id clientstorage.NodeID, since time.Time) (longest time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range slices.Backward(t.leases[id]) {
		longest = max(longest, l.at.Sub(l.sent))
		if l.at.Before(since) {
			break
		}
	}
	return longest
}
