package deflate

import (
	"math/bits"
	"strings"
)

// A blockWriter writes blocks that no compressor would.
type blockWriter struct {
	b []byte
	n int // bits
}

// number writes the n lowest bits of v, the lowest first.
func (w *blockWriter) number(v, n int) *blockWriter {
	for i := range n {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v >> i & 1 << (w.n % 8))
		w.n++
	}
	return w
}

// code writes a code of n bits, its highest bit first.
func (w *blockWriter) code(v, n int) *blockWriter {
	return w.number(int(bits.Reverse32(uint32(v))>>(32-n)), n)
}

// fixed writes symbols of a block with fixed trees.
func (w *blockWriter) fixed(symbols ...int) *blockWriter {
	for _, s := range symbols {
		switch {
		case s < 144:
			w.code(0x30+s, 8)
		case s < 256:
			w.code(0x190+s-144, 9)
		case s < 280:
			w.code(s-256, 7)
		default:
			w.code(0xc0+s-280, 8)
		}
	}
	return w
}

// align fills the last byte.
func (w *blockWriter) align() *blockWriter {
	w.n = 8 * len(w.b)
	return w
}

// end ends the message, but for the tail.
func (w *blockWriter) end() string {
	return string(w.number(0, 3).align().b)
}

func block(final, kind int) *blockWriter {
	return new(blockWriter).number(final, 1).number(kind, 2)
}

// trees begins a block with trees of its own, whose code lengths are written in
// codes of 4 bits each, for 0 to 15.
func trees(literals, distances []int) *blockWriter {
	w := block(0, dynamic).number(len(literals)-257, 5).number(len(distances)-1, 5).number(19-4, 4)
	for _, symbol := range lengthOrder {
		if symbol < 16 {
			w.number(4, 3)
		} else {
			w.number(0, 3)
		}
	}
	for _, n := range literals {
		w.code(n, 4)
	}
	for _, n := range distances {
		w.code(n, 4)
	}
	return w
}

// twoLengths begins a block of 257 literals and a distance, whose code lengths are
// written in two codes of a bit: 0 for 1, and 1 for a symbol from 16 to 18.
func twoLengths(symbol int) *blockWriter {
	w := block(0, dynamic).number(0, 5).number(0, 5).number(19-4, 4)
	for _, s := range lengthOrder {
		if s == 1 || int(s) == symbol {
			w.number(1, 3)
		} else {
			w.number(0, 3)
		}
	}
	return w
}

// lengthsOf returns the code lengths of n symbols, of which few have a code.
func lengthsOf(n int, codes map[int]int) []int {
	all := make([]int, n)
	for symbol, length := range codes {
		all[symbol] = length
	}
	return all
}

// hostileBlocks have no content, but keep a receiver busy with as few bytes as
// can be, and end with a byte.
var hostileBlocks = map[string]string{
	"final":  "\x03\x00",
	"stored": "\x00\x00\x00\xff\xff",
	"trees":  bushy(),
}

// bushy returns an empty block whose tree has as many codes as there can be that
// are longer than those that are found by one look.
func bushy() string {
	literals := make([]int, 286)
	for i := range literals {
		literals[i] = 10
	}
	// 284 codes of 10 bits leave room for one of 1 bit, of 3, 4, 5, 7, 8.. and 10.
	left := 1<<10 - 284
	literals[0], left = 1, left-1<<9
	// What is left is made up by one chain.
	literals[endOfBlock] = 3
	left -= 1 << 7
	for i := 1; left > 0; i++ {
		for n := 1; n <= 10; n++ {
			if 1<<(10-n)-1 <= left {
				literals[i] = n
				left -= 1<<(10-n) - 1
				break
			}
		}
	}
	w := trees(literals, []int{0})
	code := 0
	for n := 1; n <= 10; n++ {
		code <<= 1
		for symbol, l := range literals {
			if l == n {
				if symbol == endOfBlock {
					w.code(code, n)
				}
				code++
			}
		}
	}
	// An empty block without compression ends with a byte.
	w.number(0, 3).align()
	return string(w.b) + strings.Repeat("\x00", 2) + "\xff\xff"
}
