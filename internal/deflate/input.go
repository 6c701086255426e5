package deflate

import "encoding/binary"

// An input reads a message bit by bit. What follows it reads as zeros, so that
// nobody has to ask at every bit; who reads asks later whether that went too far.
type input struct {
	src []byte
	pos int // of the next byte to go into acc

	// acc has the next n bits, the next of all lowest. Above them there may be
	// some of those that follow.
	acc uint64
	n   uint
}

// refill makes sure that acc has at least 56 bits, enough for a length and a
// distance with their codes and extra bits.
func (in *input) refill() {
	if in.pos+8 <= len(in.src) {
		in.acc |= binary.LittleEndian.Uint64(in.src[in.pos:]) << in.n
		in.pos += int(63-in.n) >> 3
		in.n |= 56
		return
	}
	in.acc &= 1<<in.n - 1
	for ; in.n < 56; in.n += 8 {
		if in.pos < len(in.src) {
			in.acc |= uint64(in.src[in.pos]) << in.n
		}
		in.pos++
	}
}

// take returns the next n bits, of those that acc has, and steps over them.
func (in *input) take(n uint) int {
	v := in.acc & (1<<n - 1)
	in.skip(n)
	return int(v)
}

// skip steps over n of the bits that acc has.
func (in *input) skip(n uint) {
	in.acc >>= n
	in.n -= n
}

// align steps over what is left of a byte that is read in part.
func (in *input) align() { in.skip(in.n % 8) }

// seek goes to a byte.
func (in *input) seek(pos int) { in.pos, in.acc, in.n = pos, 0, 0 }

// left is the number of bits that were not read yet. It is negative if zeros were
// read that are not in the message.
func (in *input) left() int { return 8*(len(in.src)-in.pos) + int(in.n) }
