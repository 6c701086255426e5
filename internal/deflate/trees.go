package deflate

// The order in which a block has the lengths of the codes for lengths (RFC 1951
// section 3.2.7).
var lengthOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// trees reads the trees that a block brings, and reports whether they are valid
// (RFC 1951 section 3.2.7).
func (f *inflater) trees() bool {
	literals := f.take(5) + 257
	distances := f.take(5) + 1
	n := f.take(4) + 4
	if literals > maxLiterals || distances > maxDistances {
		return false
	}
	var lengths [len(lengthOrder)]uint8
	for _, symbol := range lengthOrder[:n] {
		f.refill()
		lengths[symbol] = uint8(f.take(3))
	}
	// The tree of the lengths is needed until the lengths are known.
	all := f.lengths[:literals+distances]
	if !f.literals.build(lengths[:]) || !f.codeLengths(all, &f.literals) {
		return false
	}
	return f.literals.build(all[:literals]) && f.distances.build(all[literals:])
}

// codeLengths reads the lengths of the codes of both trees, which are written as
// one sequence.
func (f *inflater) codeLengths(all []uint8, t *table) bool {
	for i := 0; i < len(all); {
		symbol, ok := f.symbol(t)
		if !ok {
			return false
		}
		length, n := uint8(symbol), 1
		switch symbol {
		case 16: // the one before, 3 to 6 times
			if i == 0 {
				return false
			}
			length, n = all[i-1], 3+f.take(2)
		case 17: // none, 3 to 10 times
			length, n = 0, 3+f.take(3)
		case 18: // none, 11 to 138 times
			length, n = 0, 11+f.take(7)
		}
		if n > len(all)-i {
			return false
		}
		for end := i + n; i < end; i++ {
			all[i] = length
		}
	}
	return true
}
