package simulation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

type verb int

const (
	fetch verb = iota
	save
	remove
)

func (v verb) String() string { return [...]string{"fetch", "save", "delete"}[v] }

// A call is one call of a driver on its way. Its keys travel in pieces, each of
// which arrives at a moment of its own: no cache makes many keys one.
type call struct {
	v        *wire
	verb     verb
	items    []clientstorage.Item
	fate     fate
	sent     time.Time
	values   [][]byte
	answered chan struct{} // closed with the answer or the error
	done     bool          // it is answered, or nobody waits any more; guarded by v.mu
}

var (
	errRefused = errors.New("simulation: connection refused")
	errBroken  = errors.New("simulation: connection broken")
)

// call sends a call off and waits for what becomes of it.
func (v *wire) call(ctx context.Context, verb verb, items []clientstorage.Item) ([][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &call{v: v, verb: verb, items: v.own(verb, items), sent: time.Now(), answered: make(chan struct{})}
	c.values = make([][]byte, len(items))
	c.fate = v.fateOf(c)
	if v.awake() && ctx.Err() != nil && c.fate.heeds {
		return nil, ctx.Err() // the driver looked before it sent
	}
	c.send()
	var err error
	select {
	case <-c.answered:
		err = c.fate.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	v.awake()
	c.told(err)
	if err != nil {
		return nil, err
	}
	return c.values, nil
}

// own copies what the caller may change when the call has returned. Late
// messages still carry it then.
func (v *wire) own(verb verb, items []clientstorage.Item) []clientstorage.Item {
	items = slices.Clone(items)
	if verb == save {
		for i := range items {
			items[i].Value = slices.Clone(items[i].Value)
		}
	}
	return items
}

// send puts the pieces that arrive while the caller waits, and the answer, into
// the queue.
func (c *call) send() {
	for _, p := range c.fate.pieces {
		if p.when == inTime {
			c.v.w.queue.after(p.delay, func() { c.arrive(p) })
		}
	}
	c.v.w.queue.after(c.fate.answer, func() { close(c.answered) })
}

// told sends off what arrives only after the caller was told of an error. How
// late it may be counts from there.
func (c *call) told(err error) {
	c.v.mu.Lock()
	c.done = true
	dead := c.v.dead
	c.v.mu.Unlock()
	c.v.w.journal.note("%s %v %s", c.v.name, c, outcome{err})
	if err == nil || c.verb == fetch {
		return
	}
	for _, p := range c.fate.pieces {
		if p.when == tooLate && !(dead && c.fate.heeds) {
			c.v.w.queue.after(p.delay, func() { c.arrive(p) })
		}
	}
}

// arrive lets the cache do what a piece of the call asks for.
func (c *call) arrive(p piece) {
	w := c.v.w
	if p.when == tooLate {
		w.journal.note("%s %v arrives late: %s", c.v.name, c, keysOf(c.items[p.from:p.to]))
	}
	for i := p.from; i < p.to; i++ {
		item := c.items[i]
		w.faults.spring(c.v, c.verb, item.Key, p.when == tooLate, before)
		switch c.verb {
		case fetch:
			c.answerFetch(i)
		case save:
			w.cache.save(item.Key, item.Value, item.TTL, c.sent)
			w.leaseArrived(item.Key, c.sent)
			w.countWrite(item.Key)
		case remove:
			w.cache.delete(item.Key)
			w.countWrite(item.Key)
		}
		w.faults.spring(c.v, c.verb, item.Key, p.when == tooLate, after)
	}
}

// answerFetch fills in a value, unless the caller has gone: a piece may come
// after an error, but then nobody reads it.
func (c *call) answerFetch(i int) {
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	if c.done {
		return
	}
	if v, ok := c.v.w.cache.fetch(c.items[i].Key); ok {
		c.values[i] = append([]byte{}, v.bytes...)
	}
}
