package memcachedstore

import "errors"

var errFastLZ = errors.New("its FastLZ stream is damaged")

// fastLZ decompresses src, a block of FastLZ 0.1 of level 1 or 2, which must
// come to length bytes exactly. The caller has made sure that length is
// acceptable.
//
// A block is a row of instructions, whose first byte is of three bits and five:
//
//	000LLLLL            L+1 literal bytes follow
//	LLLOOOOO [L...] O   a match of L+2 bytes, as far back as the 13 bits of O say
//
// If the three bits are all set, one byte more adds to the length, and on level 2
// others as long as they are 255. On level 2 all bits of O set mean that two
// bytes follow with a greater distance. The three bits of the very first byte are
// the level, because a block begins with literals.
func fastLZ(src []byte, length int) ([]byte, error) {
	const ratio = 255 // a byte stands for at most so many
	if len(src) == 0 || src[0]>>5 > 1 || length/ratio > len(src) {
		return nil, errFastLZ
	}
	d := fastLZReader{src: src, level2: src[0]>>5 == 1, dst: make([]byte, 0, length)}
	ctrl := int(d.next() & 31)
	for {
		if ctrl < 32 {
			d.literals(ctrl + 1)
		} else {
			d.match(ctrl)
		}
		if d.bad {
			return nil, errFastLZ
		}
		if len(d.src) == 0 {
			break
		}
		ctrl = int(d.next())
	}
	if len(d.dst) != length {
		return nil, errFastLZ
	}
	return d.dst, nil
}

type fastLZReader struct {
	src    []byte // what is left
	dst    []byte // its capacity is all there is room for
	level2 bool
	bad    bool
}

// next returns the next byte, and zero after the last.
func (d *fastLZReader) next() (b byte) {
	if len(d.src) == 0 {
		d.bad = true
		return 0
	}
	b, d.src = d.src[0], d.src[1:]
	return b
}

func (d *fastLZReader) literals(n int) {
	if n > len(d.src) || n > cap(d.dst)-len(d.dst) {
		d.bad = true
		return
	}
	d.dst = append(d.dst, d.src[:n]...)
	d.src = d.src[n:]
}

func (d *fastLZReader) match(ctrl int) {
	const far = 31 << 8 // all the bits of the distance in ctrl
	n, distance := ctrl>>5+2, ctrl&31<<8
	if ctrl>>5 == 7 {
		more := d.next()
		n += int(more)
		for d.level2 && more == 255 {
			more = d.next()
			n += int(more)
		}
	}
	low := d.next()
	distance += int(low)
	if d.level2 && low == 255 && distance == far+255 {
		distance += int(d.next())<<8 + int(d.next())
	}
	distance++
	if d.bad || distance > len(d.dst) || n > cap(d.dst)-len(d.dst) {
		d.bad = true
		return
	}
	// A match may reach into what it writes itself, to repeat it.
	for n > 0 {
		from := len(d.dst) - distance
		part := min(n, distance)
		d.dst = append(d.dst, d.dst[from:from+part]...)
		n -= part
	}
}
