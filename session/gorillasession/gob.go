package gorillasession

import (
	"errors"
	"math"
	"math/bits"
)

// The format is described in the documentation of encoding/gob, but for what
// happens to a type that is defined within a value: see typeID.

const (
	maxValues = 10_000 // of a session; a value is one byte at least and 100 in memory
	maxDepth  = 100
)

// A gob is an input that is being decoded. After an error everything returns
// zero, so that only loops need to look.
type gob struct {
	message []byte // the rest of the current message
	rest    []byte // the messages after it
	types   map[int64]gobType
	values  int
	depth   int
	err     error
}

// decodeGob returns the one value of an input.
func decodeGob(data []byte) (any, error) {
	g := &gob{rest: data}
	value := g.single(g.typeID(false))
	if len(g.message)+len(g.rest) > 0 {
		g.fail("there is something after it")
	}
	if g.err != nil {
		return nil, g.err
	}
	return value, nil
}

func (g *gob) fail(why string) {
	if g.err == nil {
		g.err = errors.New("gorillasession: the session is not a gob: " + why)
	}
	g.message, g.rest = nil, nil
}

// typeID returns the type of the value that follows. Types that are defined
// before it are noted. Within an interface, encoding/gob ends a message after
// such a definition, or, if it is within another interface already, writes a
// count; see its Decoder.decodeTypeSequence.
func (g *gob) typeID(within bool) int64 {
	for g.err == nil {
		if len(g.message) == 0 {
			g.next()
		}
		id := g.int()
		if id >= 0 {
			return id
		}
		g.define(-id)
		if len(g.message) > 0 {
			if !within {
				g.fail("there is something after a type")
			}
			g.uint()
		}
	}
	return 0
}

// next begins the next message.
func (g *gob) next() {
	g.message, g.rest = g.rest, nil
	n := g.uint()
	if n > uint64(len(g.message)) {
		g.fail("it is cut off")
		return
	}
	g.message, g.rest = g.message[:n], g.message[n:]
}

// uint reads a number: itself below 128, else the negated count of its bytes,
// and those.
func (g *gob) uint() (n uint64) {
	if len(g.message) == 0 {
		g.fail("it is cut off")
		return 0
	}
	first := g.message[0]
	g.message = g.message[1:]
	if first < 0x80 {
		return uint64(first)
	}
	count := -int(int8(first))
	if count > 8 || count > len(g.message) {
		g.fail("a number is too long")
		return 0
	}
	for _, b := range g.message[:count] {
		n = n<<8 | uint64(b)
	}
	g.message = g.message[count:]
	return n
}

// int reads a number whose sign is its lowest bit.
func (g *gob) int() int64 {
	n := g.uint()
	if n&1 != 0 {
		return ^int64(n >> 1)
	}
	return int64(n >> 1)
}

// float reads a number whose bytes are in reverse, for many end in zeros.
func (g *gob) float() float64 {
	return math.Float64frombits(bits.ReverseBytes64(g.uint()))
}

// bytes returns a part of the input.
func (g *gob) bytes() []byte {
	n := g.uint()
	if n > uint64(len(g.message)) {
		g.fail("a string is too long")
		return nil
	}
	b := g.message[:n]
	g.message = g.message[n:]
	return b
}
