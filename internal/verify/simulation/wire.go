package simulation

import (
	"context"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A wire is the way of one node to the cache, and as a [clientstorage.Driver]
// all that the storage under test sees of this world.
type wire struct {
	w    *world
	name string // of its node, for the journal

	mu      sync.Mutex
	weather weather
	cut     bool
	dead    bool          // cut for ever
	paused  chan struct{} // closed when the node goes on; nil if it is not paused
	calls   map[string]uint64
}

func newWire(w *world, name string) *wire {
	return &wire{w: w, name: name, calls: make(map[string]uint64)}
}

// driver returns the wire as a Driver that has the methods for many keys that
// the plan says.
func (v *wire) driver(many manyMethods) clientstorage.Driver {
	switch many {
	case manyAll:
		return struct {
			*wire
			fetchMany
			writeMany
		}{v, fetchMany{v}, writeMany{v}}
	case manyFetch:
		return struct {
			*wire
			fetchMany
		}{v, fetchMany{v}}
	case manyWrite:
		return struct {
			*wire
			writeMany
		}{v, writeMany{v}}
	default:
		return v
	}
}

// Fetch implements [clientstorage.Driver].
func (v *wire) Fetch(ctx context.Context, key string) ([]byte, error) {
	values, err := v.call(ctx, fetch, []clientstorage.Item{{Key: key}})
	if err != nil {
		return nil, err
	}
	if values[0] == nil {
		return nil, clientstorage.ErrNotFound
	}
	return values[0], nil
}

// Save implements [clientstorage.Driver].
func (v *wire) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	_, err := v.call(ctx, save, []clientstorage.Item{{Key: key, Value: value, TTL: ttl}})
	return err
}

// Delete implements [clientstorage.Driver].
func (v *wire) Delete(ctx context.Context, key string) error {
	_, err := v.call(ctx, remove, []clientstorage.Item{{Key: key}})
	return err
}

type fetchMany struct{ v *wire }

// FetchMany implements [clientstorage.ManyFetcher].
func (m fetchMany) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	return m.v.call(ctx, fetch, itemsOf(keys))
}

type writeMany struct{ v *wire }

// SaveMany implements [clientstorage.ManySaver].
func (m writeMany) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	_, err := m.v.call(ctx, save, items)
	return err
}

// DeleteMany implements [clientstorage.ManyDeleter].
func (m writeMany) DeleteMany(ctx context.Context, keys []string) error {
	_, err := m.v.call(ctx, remove, itemsOf(keys))
	return err
}

func itemsOf(keys []string) []clientstorage.Item {
	items := make([]clientstorage.Item, len(keys))
	for i, key := range keys {
		items[i].Key = key
	}
	return items
}

// set changes the wire.
func (v *wire) set(change func(*wire)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change(v)
}

// pause stops the node, as far as that can be done from here: none of its calls
// begins or returns until resume. Its timers go on, which those of a process
// that is stopped do not; but when it is resumed they are all overdue as well.
func (v *wire) pause() {
	v.set(func(v *wire) {
		if v.paused == nil {
			v.paused = make(chan struct{})
		}
	})
}

func (v *wire) resume() {
	v.set(func(v *wire) {
		if v.paused != nil {
			close(v.paused)
			v.paused = nil
		}
	})
}

// awake returns when the node is not paused, and reports whether it was.
func (v *wire) awake() (was bool) {
	for {
		v.mu.Lock()
		paused := v.paused
		v.mu.Unlock()
		if paused == nil {
			return was
		}
		was = true
		<-paused
	}
}

func (v *wire) isPaused() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.paused != nil
}
