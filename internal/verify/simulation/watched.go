package simulation

import (
	"errors"
	"maps"
	"sync"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// watched is what the hooks of a storage were told.
type watched struct {
	mu     sync.Mutex
	nodes  map[clientstorage.NodeID]bool
	active bool
}

// watch hooks a storage: the clients that make room for others have to be known,
// and if the nodes are watched, who comes and goes.
func watch(n *node, nodes bool) *watched {
	seen := &watched{nodes: make(map[clientstorage.NodeID]bool), active: nodes}
	hooks := clientstorage.Hooks{
		Detached: func(c *clientstorage.Client, reason error) {
			if errors.Is(reason, clientstorage.ErrDisplaced) {
				n.w.truth.leave(n.w.truth.find(c))
				n.w.journal.note("%s displaced %s", n.name, c.Attributes[serialAttribute])
			}
		},
	}
	if nodes {
		hooks.NodeJoined = func(other clientstorage.Node) { seen.told(n, other, true) }
		hooks.NodeLost = func(other clientstorage.Node) { seen.told(n, other, false) }
	}
	if nodes || n.opts.PerUser.Max > 0 {
		n.storage.Hook(hooks)
	}
	return seen
}

func (s *watched) told(n *node, other clientstorage.Node, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.w.journal.note("%s is told of %s: there is %t", n.name, other.Name, there)
	if s.nodes[other.ID] == there {
		n.w.fail("%s is told twice of %s: there is %t", n.name, other.Name, there)
	}
	if other.ID == n.storage.Node() {
		n.w.fail("%s is told of itself", n.name)
	}
	if there {
		s.nodes[other.ID] = true
	} else {
		delete(s.nodes, other.ID)
	}
}

// known returns the nodes that are there as far as the hooks were told.
func (s *watched) known() map[clientstorage.NodeID]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.nodes)
}
