package redisstore

import (
	"strings"
	"sync"
)

// changes are those that Watch has heard of and not yet told. While they are
// being told, more of them come: those that a session has twice are told once,
// and when there are too many, all that is told is that anything may have
// changed. So they take no more memory than maxChanges.
type changes struct {
	mu   sync.Mutex
	ids  map[string]struct{}
	size int
	all  bool
	some chan struct{} // holds one value if there are any
}

// maxChanges is in bytes, and enough for some 40,000 sessions.
const (
	maxChanges = 4 << 20
	perChange  = 64 // what an id takes beside its own bytes
)

func newChanges() *changes { return &changes{some: make(chan struct{}, 1)} }

// add adds the sessions of keys.
func (c *changes) add(prefix string, keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		id, ok := strings.CutPrefix(key, prefix)
		if _, known := c.ids[id]; !ok || known || c.all {
			continue
		}
		if c.size += len(id) + perChange; c.size > maxChanges {
			c.addAll()
			return
		}
		if c.ids == nil {
			c.ids = make(map[string]struct{})
		}
		c.ids[id] = struct{}{}
		c.wake()
	}
}

// everything says that anything may have changed.
func (c *changes) everything() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addAll()
}

func (c *changes) addAll() {
	c.ids, c.size, c.all = nil, 0, true
	c.wake()
}

func (c *changes) wake() {
	select {
	case c.some <- struct{}{}:
	default:
	}
}

// take returns the ids of what has changed since the last call, or nil if that
// may be anything.
func (c *changes) take() (ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.all {
		ids = make([]string, 0, len(c.ids))
		for id := range c.ids {
			ids = append(ids, id)
		}
	}
	c.ids, c.size, c.all = nil, 0, false
	return ids
}
