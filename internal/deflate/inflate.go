package deflate

import (
	"errors"
	"math"
	"slices"
	"sync"
)

var (
	// ErrTooBig says that a message is longer than allowed once it is inflated.
	ErrTooBig = errors.New("deflate: inflated message too big")
	// ErrCorrupt says that a message is not in the format, or ends too early.
	ErrCorrupt = errors.New("deflate: corrupt message")
)

// Inflate appends to dst the message whose compressed payload is src, all its
// frames together, and returns the result; or, with ErrTooBig or ErrCorrupt, dst
// as it was. The room behind dst may be written to in any case, and must not
// overlap src. Any number of goroutines may call Inflate.
//
// A message of more than limit bytes is refused when the first byte too many is
// met. The memory taken is proportional to src and to what was inflated until
// then, never to a length that src declares, and the time is as well. If dst has
// the room, nothing is allocated.
//
// A block may be marked as final, and the next byte may begin another one (RFC
// 7692 section 7.2.1). Two kinds of messages that the RFC does not have are
// accepted, as zlib does and thus most servers: an empty payload is an empty
// message, and a final block need not have the byte 0x00 behind it.
func Inflate(dst, src []byte, limit int) ([]byte, error) {
	if len(src) == 0 {
		return dst, nil
	}
	f := inflaters.Get().(*inflater)
	f.input = input{src: src}
	f.out, f.start = dst, len(dst)
	f.limit = len(dst) + max(0, min(limit, math.MaxInt-len(dst)))
	f.room = min(cap(dst), f.limit)
	err := f.blocks()
	out := f.out
	f.input, f.out = input{}, nil // the caller's
	inflaters.Put(f)
	if err != nil {
		return dst, err
	}
	return out, nil
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// An inflater inflates one message at a time. It has no window: that is the part
// of the message that is inflated already.
type inflater struct {
	input
	out   []byte // ends with what is inflated
	start int    // where the message begins in out
	room  int    // what out can hold; at most limit
	limit int    // what out may hold

	lengths             [maxLiterals + maxDistances]uint8
	literals, distances table
}

// Kinds of blocks (RFC 1951 section 3.2.3).
const (
	stored = iota
	fixed
	dynamic
)

// blocks inflates the blocks of the message. It ends with an empty block without
// compression, of which only the kind is there: the rest is what the sender took
// off (RFC 7692 section 7.2.1). So there is no need to put that back.
//
// If a block goes on behind the end of the message, or none follows it, the zeros
// there are read as a block that is corrupt.
func (f *inflater) blocks() error {
	for {
		f.refill()
		final, kind := f.take(1) == 1, f.take(2)
		if kind == stored {
			f.align()
			if f.left() == 0 {
				return nil
			}
		}
		if err := f.block(kind); err != nil {
			return err
		}
		if final {
			f.align()
			if f.left() == 0 {
				return nil
			}
		}
	}
}

// block inflates what follows the kind of a block.
func (f *inflater) block(kind int) error {
	switch kind {
	case stored:
		return f.stored()
	case fixed:
		return f.symbols(fixedLiterals, fixedDistances)
	case dynamic:
		if !f.trees() {
			return ErrCorrupt
		}
		return f.symbols(&f.literals, &f.distances)
	}
	return ErrCorrupt
}

// stored copies a block without compression, from its length on (RFC 1951 section
// 3.2.4).
func (f *inflater) stored() error {
	f.refill()
	n := f.take(16)
	if f.take(16) != n^0xffff || f.left() < 8*n {
		return ErrCorrupt
	}
	if !f.grow(n) {
		return ErrTooBig
	}
	from := len(f.src) - f.left()/8
	f.out = append(f.out, f.src[from:from+n]...)
	f.seek(from + n)
	return nil
}

// grow makes room for n more bytes, or reports that they are too many. It makes
// out longer by no less than there is, so that all growing takes linear time.
func (f *inflater) grow(n int) bool {
	if n <= f.room-len(f.out) {
		return true
	}
	left := f.limit - len(f.out)
	if n > left {
		return false
	}
	more := max(n, minGrowth, len(f.out)-f.start, 2*len(f.src))
	f.out = slices.Grow(f.out, min(more, left))
	f.room = min(cap(f.out), f.limit)
	return true
}

const minGrowth = 256
