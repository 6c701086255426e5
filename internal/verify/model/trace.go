package model

import (
	"fmt"
	"strings"
)

// trace replays actions and returns them in words, one on a line.
func (m *model) trace(actions []action) string {
	var b strings.Builder
	s := m.initial()
	for i, a := range actions {
		fmt.Fprintf(&b, "%4d  %s\n", i+1, m.describe(&s, a))
		s = m.apply(s, a)
	}
	return b.String()
}

var kindNames = [...]string{
	attach:      "attaches a client",
	detach:      "detaches the client in slot",
	grow:        "begins to change the level",
	withdraw:    "is closed",
	crash:       "is killed",
	restart:     "starts again",
	pause:       "is paused",
	resume:      "goes on",
	wipe:        "the cache is wiped",
	evict:       "the cache evicts",
	fallBack:    "the cache loses its last write, of",
	expirePages: "is paused so long that its pages expire",
	reap:        "takes for dead, and deletes page 0 of, node",
	fail:        "failed",
	failApplied: "arrived, but its writer is told that it failed",
	failLate:    "failed for its writer, and is still on its way",
	write:       "sends",
	deliver:     "arrived",
	arrive:      "arrived late",
	vanish:      "is lost on its way",
	sweep:       "sweeps",
	beatBegin:   "begins a heartbeat",
	beatNodes:   "reads the list of nodes",
	beatRenew:   "sends its lease",
	readLease:   "reader: reads the lease",
	readList:    "reader: reads the list",
	readPages:   "reader: reads the pages",
	lapse:       "is paused for longer than a lease",
	expireLease: "its lease expires",
	endWindow:   "its window for late writes ends",
	loseWindow:  "its window for late writes ends, and it has not looked",
	age:         "a lease after the change of level, drops the old lists",
}

func (m *model) describe(s *state, a action) string {
	name := kindNames[a.kind]
	switch a.kind {
	case wipe, readLease, readList, readPages:
		return name
	case evict:
		return name + " " + keyName(a.arg)
	case fallBack:
		return name + " " + keyName(s.undo.key)
	case deliver, arrive, vanish, fail, failApplied, failLate:
		msg := s.net[a.arg]
		return fmt.Sprintf("write of %s %s", msg, name)
	case attach:
		return fmt.Sprintf("node %d: %s of user %d in slot %d", a.node, name, a.arg, m.freeSlot(&s.node[a.node]))
	case detach, reap:
		return fmt.Sprintf("node %d: %s %d", a.node, name, a.arg)
	case write:
		return fmt.Sprintf("node %d: %s %s = %#x", a.node, name, keyName(cacheKey(a.node, a.arg)), m.wanted(s, a.node, a.arg))
	case beatRenew:
		return fmt.Sprintf("node %d: %s; cache: %s", a.node, name, s.contents())
	case beatBegin:
		return fmt.Sprintf("node %d: %s", a.node, name)
	}
	return fmt.Sprintf("node %d: %s", a.node, name)
}

func (msg message) String() string {
	if msg.value&msg.mask == 0 {
		return "no " + keyName(msg.key)
	}
	return fmt.Sprintf("%s = %#x", keyName(msg.key), msg.value&msg.mask)
}

// keyName names a key as the protocol does, a mark as m:<node>.
func keyName(k uint8) string {
	n := k / nodeKeys
	switch k := k % nodeKeys; {
	case n == maxNodes:
		return "nodes"
	case k < listKey:
		return fmt.Sprintf("p:%d:%d", n, k)
	case k == listKey:
		return fmt.Sprintf("u:%d:0:0", n)
	case k < leaseKey:
		return fmt.Sprintf("u:%d:1:%d", n, k-listKey-1)
	case k == leaseKey:
		return fmt.Sprintf("l:%d", n)
	}
	return fmt.Sprintf("m:%d", n)
}

// contents returns what the cache has.
func (s *state) contents() string {
	var all []string
	for k, value := range s.cache {
		if value != 0 {
			all = append(all, fmt.Sprintf("%s=%#x", keyName(uint8(k)), value))
		}
	}
	return strings.Join(all, " ")
}
