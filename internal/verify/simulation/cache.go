package simulation

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A cache is the backend itself: a map whose values expire by virtual time. The
// goroutine of the queue is the only one that touches it.
type cache struct {
	values map[string]stored
}

type stored struct {
	bytes   []byte
	expires time.Time
	sent    time.Time // when the node that saved it sent it off
	arrived time.Time
}

func newCache() *cache { return &cache{make(map[string]stored)} }

func (c *cache) fetch(key string) (stored, bool) {
	v, ok := c.values[key]
	if ok && !time.Now().Before(v.expires) {
		delete(c.values, key)
		return stored{}, false
	}
	return v, ok
}

func (c *cache) save(key string, value []byte, ttl time.Duration, sent time.Time) {
	now := time.Now()
	c.values[key] = stored{value, now.Add(ttl), sent, now}
}

func (c *cache) delete(key string) { delete(c.values, key) }

func (c *cache) wipe() { clear(c.values) }

// keys returns the keys of a kind that are there, in order.
func (c *cache) keys(of class) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(c.values)) {
		if _, ok := c.fetch(key); ok && (of == anyClass || classOf(key) == of) {
			keys = append(keys, key)
		}
	}
	return keys
}

// corrupt replaces a value by one that no node writes, and that a reader can
// tell from one: cut short, of another version, or garbage.
func (c *cache) corrupt(key string, how int) {
	v := c.values[key]
	switch how % 3 {
	case 0:
		v.bytes = v.bytes[:len(v.bytes)/2]
	case 1:
		v.bytes = slices.Clone(v.bytes)
		v.bytes[len(v.bytes)-1], v.bytes[0] = 0xc1, 0xc1 // a byte that MessagePack never uses
	default:
		v.bytes = []byte("garbage")
	}
	c.values[key] = v
}

// A class is a kind of key. Faults aim at them; nothing else depends on what
// the storages write.
type class int

const (
	anyClass class = iota
	pages
	lists
	leases
	nodeList
	marks
	otherKeys
)

func (c class) String() string {
	return [...]string{"any key", "a page", "a list", "a lease", "the list of nodes", "a mark", "another key"}[c]
}

const prefix = "rollcall:"

func classOf(key string) class {
	kind, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), ":")
	switch kind {
	case "p":
		return pages
	case "u":
		return lists
	case "l":
		return leases
	case "m":
		return marks
	case "nodes":
		return nodeList
	default:
		return otherKeys
	}
}
