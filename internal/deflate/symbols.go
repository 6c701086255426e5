package deflate

const (
	endOfBlock   = 256
	maxLiterals  = 286 // literals, the end of the block, and lengths
	maxDistances = 30
	maxLength    = 258
)

// A span is what a symbol stands for together with some extra bits: the values
// from base on (RFC 1951 section 3.2.5).
type span struct {
	base  uint16
	extra uint8 // bits
}

var lengthSpans, distanceSpans = spans()

// spans has the tables of RFC 1951 section 3.2.5. The symbols that are left over
// stand for nothing, and have base 0.
func spans() (lengths, distances [32]span) {
	base := uint16(3)
	for i := range 28 {
		extra := uint8(max(0, i/4-1))
		lengths[i] = span{base, extra}
		base += 1 << extra
	}
	lengths[28] = span{maxLength, 0}
	base = 1
	for i := range maxDistances {
		extra := uint8(max(0, i/2-1))
		distances[i] = span{base, extra}
		base += 1 << extra
	}
	return lengths, distances
}

// symbols inflates a compressed block.
func (f *inflater) symbols(literals, distances *table) error {
	for {
		symbol, ok := f.symbol(literals)
		switch {
		case !ok:
			return ErrCorrupt
		case symbol == endOfBlock:
			return nil
		case symbol > endOfBlock:
			if err := f.repeat(symbol, distances); err != nil {
				return err
			}
		case !f.grow(1):
			return ErrTooBig
		default:
			f.out = append(f.out, byte(symbol))
			f.run(literals)
		}
	}
}

// run appends literals for as long as that is easy: their codes are short, acc
// has them, and out has room. It does nothing that symbols would not do, but
// most of the time goes here.
func (f *inflater) run(t *table) {
	acc, n, out := f.acc, f.n, f.out
	for n >= fastBits && len(out) < f.room {
		e := t.fast[acc&(1<<fastBits-1)]
		if e == 0 || e&(1<<symbolBits-1) >= endOfBlock {
			break
		}
		acc >>= e >> symbolBits
		n -= uint(e >> symbolBits)
		out = append(out, byte(e))
	}
	f.acc, f.n, f.out = acc, n, out
}

// symbol reads a symbol, and leaves enough in acc for the extra bits of a length
// and of a distance. It reports false if there is none, or if the message ended
// before: the zeros behind it must not be read for ever.
func (f *inflater) symbol(t *table) (int, bool) {
	if f.n < maxCode+13 {
		f.refill()
		if f.left() < 0 {
			return 0, false
		}
	}
	if e := t.fast[f.acc&(1<<fastBits-1)]; e != 0 {
		f.skip(uint(e >> symbolBits))
		return int(e & (1<<symbolBits - 1)), true
	}
	symbol, n := t.long(f.acc)
	f.skip(n)
	return symbol, n > 0
}

// repeat appends a part of what is inflated once more. Symbol is that of its
// length, which its distance follows.
func (f *inflater) repeat(symbol int, t *table) error {
	l := lengthSpans[symbol-endOfBlock-1]
	length := int(l.base) + f.take(uint(l.extra))
	symbol, ok := f.symbol(t)
	if !ok || l.base == 0 {
		return ErrCorrupt
	}
	d := distanceSpans[symbol]
	distance := int(d.base) + f.take(uint(d.extra))
	// A distance must not lead to what was in dst before: that is not the peer's.
	if d.base == 0 || distance > len(f.out)-f.start {
		return ErrCorrupt
	}
	if !f.grow(length) {
		return ErrTooBig
	}
	// What is appended may be part of what is repeated.
	at := len(f.out)
	f.out = f.out[:at+length]
	for n := 0; n < length; {
		n += copy(f.out[at+n:], f.out[at-distance:at+n])
	}
	return nil
}
