package simulation

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// weather is how likely a call fails, and how, in percent, and how long messages
// take. The zero value is a network without faults.
type weather struct {
	refused int // fails before it arrives
	mute    int // arrives, and the answer is lost
	late    int // arrives after the caller was told of an error
	slow    time.Duration
	only    class // the keys that it is about
}

// A fate is what becomes of a call.
type fate struct {
	pieces []piece
	answer time.Duration // when the caller hears of it, if its context does not end before
	err    error
	heeds  bool // whether the driver looks at its context before it sends
}

// A piece of a call is some of its keys, which arrive together.
type piece struct {
	from, to int
	when     arrival
	delay    time.Duration
}

type arrival int

const (
	inTime  arrival = iota
	tooLate         // delay counts from when the caller was told
	lost
)

// fateOf draws what becomes of a call. It depends on the seed, the node, the
// first key and how often that was asked for, and not on which goroutine of the
// storage comes first.
func (v *wire) fateOf(c *call) fate {
	v.mu.Lock()
	defer v.mu.Unlock()
	name := v.name + c.verb.String() + c.items[0].Key
	v.calls[name]++
	r := v.w.draw(name, v.calls[name])
	f := fate{heeds: r.IntN(2) == 0}
	f.pieces = v.split(r, len(c.items))
	for _, p := range f.pieces {
		f.answer = max(f.answer, p.delay)
	}
	f.answer += v.latency(r)
	if v.cut || v.dead {
		f.fail(r, lost)
		return f
	}
	if of := v.weather.only; of != anyClass && of != classOf(c.items[0].Key) {
		return f
	}
	switch n := r.IntN(100) - v.weather.refused; {
	case n < 0:
		f.fail(r, lost)
	case n < v.weather.mute:
		f.fail(r, inTime)
	case n < v.weather.mute+v.weather.late:
		f.fail(r, tooLate)
		f.delay(r, v.w.plan.latest())
	}
	return f
}

// fail makes the call fail in one of two ways: with an error, or with silence
// until the caller's patience ends. What becomes of its pieces is when, or for
// some of a call for many keys anything else.
func (f *fate) fail(r *rand.Rand, when arrival) {
	f.err = errBroken
	if when == lost {
		f.err = errRefused
	}
	if r.IntN(3) == 0 {
		f.err, f.answer = context.DeadlineExceeded, impatience
	}
	for i := range f.pieces {
		f.pieces[i].when = when
		if when != lost && r.IntN(4) == 0 {
			f.pieces[i].when = arrival(r.IntN(3))
		}
	}
}

// impatience is when a driver gives up by itself if the context does not.
const impatience = 4 * time.Second

// delay draws how late the late pieces are, and has some arrive twice.
func (f *fate) delay(r *rand.Rand, latest time.Duration) {
	for _, p := range f.pieces {
		if p.when == tooLate && r.IntN(4) == 0 {
			f.pieces = append(f.pieces, p)
		}
	}
	for i := range f.pieces {
		p := &f.pieces[i]
		if p.when == tooLate {
			p.delay = time.Duration(1 + r.Int64N(int64(latest)))
			if r.IntN(2) == 0 {
				p.delay /= 8 // soon, while the next attempt is on its way
			}
		}
	}
}

// split draws the pieces of a call for n keys.
func (v *wire) split(r *rand.Rand, n int) []piece {
	size := n
	if n > 1 {
		size = []int{1, (n + 3) / 4, n}[r.IntN(3)]
		size = max(size, (n+15)/16)
	}
	var pieces []piece
	for from := 0; from < n; from += size {
		pieces = append(pieces, piece{from, min(from+size, n), inTime, v.latency(r)})
	}
	return pieces
}

// latency draws how long a message takes: less than five milliseconds mostly.
func (v *wire) latency(r *rand.Rand) time.Duration {
	most := 5 * time.Millisecond
	if r.IntN(20) == 0 {
		most *= 8
	}
	return time.Duration(1+r.Int64N(int64(most))) + time.Duration(r.Int64N(int64(v.weather.slow)+1))
}

// draw returns a source of randomness for one purpose.
func (w *world) draw(purpose string, n uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(w.plan.seed, h.Sum64()+n*0x9e3779b97f4a7c15))
}
