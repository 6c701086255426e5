package clientstorage

import (
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
)

// Hooks are told what happens. Those that are nil are not called.
//
// Attached and Detached run in the goroutine that attaches or detaches, which
// waits for them, so they must not take long; of one client, Attached returns
// before Detached is called, and each is called once. For different clients
// they run concurrently. They may use the storage, but not close it. A panic is
// logged and goes no further.
//
// NodeJoined and NodeLost are about the other nodes. They are called one after
// the other, from a goroutine that looks at the nodes three times a lease. Close
// waits for them, so they must not take long either.
type Hooks struct {
	// Attached is called for a client of this node when Attach has succeeded.
	Attached func(c *Client)

	// Detached is called for a client of this node that is no longer attached,
	// with the reason that Detach was given, or ErrDisplaced.
	Detached func(c *Client, reason error)

	// NodeJoined is called when a node appears, and for those that are there when
	// the storage begins to watch, which is with its first such hook.
	NodeJoined func(n Node)

	// NodeLost is called once when a node is gone with all of its clients,
	// whether it was closed or killed. n is what was last known of it. To be
	// taken for gone it must be missing three times, a third of a lease apart,
	// so a cache that was wiped does not look like the loss of all nodes.
	NodeLost func(n Node)
}

// Hook adds hooks, which are told what happens from now on. A storage that
// attaches nothing begins to watch the nodes if NodeJoined or NodeLost is
// given; Close ends that.
func (s *Storage) Hook(h Hooks) {
	s.hooks.add(h)
	if s.shared != nil && (h.NodeJoined != nil || h.NodeLost != nil) {
		s.shared.watchNodes(s.hooks)
	}
}

// hooks calls Hooks.
type hooks struct {
	all    atomic.Pointer[[]Hooks]
	logger *slog.Logger
}

func (h *hooks) add(added Hooks) {
	for {
		old := h.all.Load()
		var list []Hooks
		if old != nil {
			list = slices.Clone(*old)
		}
		list = append(list, added)
		if h.all.CompareAndSwap(old, &list) {
			return
		}
	}
}

// hasAttached reports whether anybody is to be told of clients that come.
func (h *hooks) hasAttached() bool {
	all := h.all.Load()
	return all != nil && slices.ContainsFunc(*all, func(h Hooks) bool { return h.Attached != nil })
}

// tell calls one hook of each Hooks.
func (h *hooks) tell(call func(Hooks)) {
	all := h.all.Load()
	if all == nil {
		return
	}
	for _, hooks := range *all {
		h.guard(func() { call(hooks) })
	}
}

func (h *hooks) guard(call func()) {
	defer func() {
		if v := recover(); v != nil {
			h.logger.Error("clientstorage: a hook panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	call()
}

func (h *hooks) attached(c *Client) {
	h.tell(func(hooks Hooks) {
		if hooks.Attached != nil {
			hooks.Attached(c)
		}
	})
}

func (h *hooks) detached(c *Client, reason error) {
	h.tell(func(hooks Hooks) {
		if hooks.Detached != nil {
			hooks.Detached(c, reason)
		}
	})
}

func (h *hooks) nodeJoined(n Node) {
	h.tell(func(hooks Hooks) {
		if hooks.NodeJoined != nil {
			hooks.NodeJoined(n)
		}
	})
}

func (h *hooks) nodeLost(n Node) {
	h.tell(func(hooks Hooks) {
		if hooks.NodeLost != nil {
			hooks.NodeLost(n)
		}
	})
}

// A departure is that of a client whose hook Attached has not returned yet.
// Somebody else may detach it already; then whoever attached it calls Detached.
type departure struct {
	left   bool
	reason error
}

// announce notes that the hook Attached of a client is to come. Whoever calls
// it holds the lock of the table.
func (t *table) announce(id ID) {
	if t.announcing == nil {
		t.announcing = make(map[ID]*departure)
	}
	t.announcing[id] = new(departure)
}

// announced notes that it has returned, and reports whether the client has left
// meanwhile.
func (t *table) announced(id ID) departure {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.announcing[id]
	delete(t.announcing, id)
	return *d
}
