package conformance

import (
	"errors"
	"fmt"
)

// errInflate is what is wrong with a stream of DEFLATE.
var errInflate = errors.New("not a valid stream of DEFLATE")

// inflateWithin inflates src, RFC 1951, and fails if it refers back by more than
// window bytes, or to before history. Inflating ends with the last block, or with
// src where a block ends. compress/flate cannot do this: its window is 32 KiB.
func inflateWithin(window int, history, src []byte) ([]byte, error) {
	in := &inflater{src: src, out: append([]byte(nil), history...), window: window}
	for last := uint(0); last == 0 && in.left() >= 3; {
		last = in.bits(1)
		switch in.bits(2) {
		case 0:
			in.stored()
		case 1:
			in.codes(in.fixed())
		case 2:
			in.codes(in.dynamic())
		default:
			in.fail()
		}
		if in.err != nil {
			return nil, in.err
		}
	}
	return in.out[len(history):], nil
}

type inflater struct {
	src    []byte
	pos    int // of the next bit
	out    []byte
	window int
	err    error
}

func (in *inflater) fail() {
	if in.err == nil {
		in.err = errInflate
	}
}

// left returns how many bits are left.
func (in *inflater) left() int { return len(in.src)*8 - in.pos }

// bits returns the next n bits, at most 16, the first of them the lowest.
func (in *inflater) bits(n int) uint {
	if in.left() < n {
		in.fail()
		return 0
	}
	var v uint
	for i := range n {
		v |= uint(in.src[in.pos>>3]>>(in.pos&7)&1) << i
		in.pos++
	}
	return v
}

// stored copies a block without compression.
func (in *inflater) stored() {
	in.pos = (in.pos + 7) &^ 7
	n, inverse := in.bits(16), in.bits(16)
	if n != ^inverse&0xffff || in.left() < int(n)*8 {
		in.fail()
		return
	}
	start := in.pos >> 3
	in.out = append(in.out, in.src[start:start+int(n)]...)
	in.pos += int(n) * 8
}

// A huffman is a canonical code: how many symbols have each length, and the
// symbols in the order of their codes.
type huffman struct {
	counts  [16]int
	symbols []int
}

// newHuffman makes a code of the lengths of its symbols, 0 for those that it does
// not have. It fails if the code has room left or too little, but it may be empty
// or have one symbol of one bit.
func (in *inflater) newHuffman(lengths []int) huffman {
	var h huffman
	for _, n := range lengths {
		h.counts[n]++
	}
	h.counts[0] = 0
	room, longest := 1, 0
	for length := 1; length < 16; length++ {
		room = room<<1 - h.counts[length]
		if h.counts[length] > 0 {
			longest = length
		}
		if room < 0 {
			in.fail()
			return huffman{}
		}
	}
	if room > 0 && longest > 1 {
		in.fail()
		return huffman{}
	}
	for length := 1; length < 16; length++ {
		for symbol, n := range lengths {
			if n == length {
				h.symbols = append(h.symbols, symbol)
			}
		}
	}
	return h
}

// symbol reads one symbol.
func (in *inflater) symbol(h huffman) int {
	code, first, index := 0, 0, 0
	for length := 1; length < 16 && in.err == nil; length++ {
		code |= int(in.bits(1))
		count := h.counts[length]
		if code-count < first {
			return h.symbols[index+code-first]
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	in.fail()
	return endOfBlock
}

const endOfBlock = 256

// fixed returns the codes of section 3.2.6.
func (in *inflater) fixed() (literals, distances huffman) {
	lengths := make([]int, 288)
	for i := range lengths {
		switch {
		case i < 144, i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	five := make([]int, 32)
	for i := range five {
		five[i] = 5
	}
	return in.newHuffman(lengths), in.newHuffman(five)
}

// codeOrder is the order in which a dynamic block has the lengths of the code for
// its code lengths: section 3.2.7.
var codeOrder = [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block.
func (in *inflater) dynamic() (literals, distances huffman) {
	nl, nd, nc := int(in.bits(5))+257, int(in.bits(5))+1, int(in.bits(4))+4
	if nl > 286 || nd > 30 {
		in.fail()
		return huffman{}, huffman{}
	}
	code := make([]int, len(codeOrder))
	for _, i := range codeOrder[:nc] {
		code[i] = int(in.bits(3))
	}
	h := in.newHuffman(code)
	var lengths []int
	for len(lengths) < nl+nd && in.err == nil {
		value, repeat := 0, 1
		switch s := in.symbol(h); {
		case s < 16:
			value = s
		case s == 16 && len(lengths) > 0:
			value, repeat = lengths[len(lengths)-1], 3+int(in.bits(2))
		case s == 17:
			repeat = 3 + int(in.bits(3))
		case s == 18:
			repeat = 11 + int(in.bits(7))
		default:
			in.fail()
		}
		for range repeat {
			lengths = append(lengths, value)
		}
	}
	if in.err != nil || len(lengths) != nl+nd {
		in.fail()
		return huffman{}, huffman{}
	}
	return in.newHuffman(lengths[:nl]), in.newHuffman(lengths[nl:])
}

// The base values and extra bits of lengths and distances: section 3.2.5.
var (
	lengthBase    = [...]int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra   = [...]int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase  = [...]int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = [...]int{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// codes inflates the rest of a block.
func (in *inflater) codes(literals, distances huffman) {
	for in.err == nil {
		s := in.symbol(literals)
		switch {
		case in.err != nil || s == endOfBlock:
			return
		case s < endOfBlock:
			in.out = append(in.out, byte(s))
			continue
		}
		s -= endOfBlock + 1
		if s >= len(lengthBase) {
			in.fail()
			return
		}
		length := lengthBase[s] + int(in.bits(lengthExtra[s]))
		d := in.symbol(distances)
		if in.err != nil || d >= len(distanceBase) {
			in.fail()
			return
		}
		in.copy(distanceBase[d]+int(in.bits(distanceExtra[d])), length)
	}
}

// copy repeats length bytes from so far back.
func (in *inflater) copy(distance, length int) {
	if distance > in.window || distance > len(in.out) {
		in.err = fmt.Errorf("a distance of %d, where the window has %d", distance, min(in.window, len(in.out)))
		return
	}
	if in.err != nil || len(in.out)+length > maxFrame {
		in.fail()
		return
	}
	for range length {
		in.out = append(in.out, in.out[len(in.out)-distance])
	}
}
