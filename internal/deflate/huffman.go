package deflate

import "math/bits"

const (
	maxCode  = 15 // bits of the longest code
	fastBits = 9  // codes that are no longer are found by one look

	symbolBits = 9 // of a symbol in an entry of fast; the rest is the code's length
)

// A table decodes the codes of one Huffman tree (RFC 1951 section 3.2.2). It has
// one size, however strange the tree that a peer has thought of, and to build it
// takes no longer than to fill it.
type table struct {
	// fast has, for what the next fastBits bits can be, the symbol of the code
	// they begin with and the length of that code: 0 if it is longer, or none.
	fast [1 << fastBits]uint16
	// count has how many codes there are of a length, and symbols the symbols in
	// the order of their codes: enough to find every code, one bit at a time.
	count   [maxCode + 1]uint16
	symbols [288]uint16
}

// build makes t decode the tree whose codes have the given lengths, one for each
// symbol, 0 for a symbol that has none. It reports whether there is such a tree:
// the lengths must leave no code unused, except that there may be no code, or a
// single one of length 1, as of a message that knows only one distance.
func (t *table) build(lengths []uint8) bool {
	clear(t.fast[:])
	clear(t.count[:])
	for _, n := range lengths {
		if n > 0 {
			t.count[n]++
		}
	}

	// The code of a length that comes next, and the place of its symbol.
	var next, place [maxCode + 1]int
	code, total := 0, 0
	for n := 1; n <= maxCode; n++ {
		code <<= 1
		next[n], place[n] = code, total
		code += int(t.count[n])
		total += int(t.count[n])
	}
	// If there are too many codes of a length, code can only be too high here.
	if code != 1<<maxCode && total > 0 && (total > 1 || t.count[1] != 1) {
		return false
	}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		t.symbols[place[n]] = uint16(symbol)
		if n <= fastBits {
			t.fill(next[n], n, symbol)
		}
		place[n]++
		next[n]++
	}
	return true
}

// fill enters a code of n bits wherever fast begins with it. The first bit of a
// code is the highest of its number, but the lowest of what is read.
func (t *table) fill(code int, n uint8, symbol int) {
	entry := uint16(n)<<symbolBits | uint16(symbol)
	for i := int(bits.Reverse16(uint16(code)) >> (16 - n)); i < len(t.fast); i += 1 << n {
		t.fast[i] = entry
	}
}

// long finds the code that b begins with one bit at a time, and returns its
// symbol and its length, which is 0 if b begins with none.
func (t *table) long(b uint64) (symbol int, length uint) {
	code, first, place := 0, 0, 0
	for n := 1; n <= maxCode; n++ {
		code |= int(b & 1)
		b >>= 1
		count := int(t.count[n])
		if code-first < count {
			return int(t.symbols[place+code-first]), uint(n)
		}
		place += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, 0
}

// The trees of blocks that bring none (RFC 1951 section 3.2.6).
var fixedLiterals, fixedDistances = fixedTables()

func fixedTables() (literals, distances *table) {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	literals, distances = new(table), new(table)
	literals.build(lengths[:])
	for i := range 32 {
		lengths[i] = 5
	}
	distances.build(lengths[:32])
	return literals, distances
}
