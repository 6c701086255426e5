package php

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

var errIgbinary = errors.New("php: malformed igbinary")

// decodeIgbinary reads a session of the extension igbinary. Arrays and objects
// in it are those of the other encodings, phpserialize.Values, because it is
// translated into PHP's own format first; so the limits are those of
// phpserialize too. References stay references. What an object wrote itself as a
// Serializable, which PHP has deprecated, is left out.
func decodeIgbinary(data []byte) (map[string]any, error) {
	text, err := fromIgbinary(data)
	if err != nil {
		return nil, err
	}
	values, err := DecodeSerialize(text)
	if err != nil {
		return nil, fmt.Errorf("%w: translated: %w", errIgbinary, err)
	}
	return values, nil
}

const igbinaryHeader = "\x00\x00\x00\x02"

const (
	igbinaryDepth = 128 // phpserialize's

	// igbinaryGrowth is how many times longer than its input the text may become.
	// Names of classes and properties, which igbinary writes once, make a factor
	// of about 20 for a list of small objects.
	igbinaryGrowth = 64

	// igbinaryText bounds the text, as phpserialize does.
	igbinaryText = 4 << 20
)

// fromIgbinary translates a session into the format of serialize().
func fromIgbinary(data []byte) ([]byte, error) {
	if len(data) < len(igbinaryHeader) || string(data[:len(igbinaryHeader)]) != igbinaryHeader {
		return nil, fmt.Errorf("%w: it does not begin with version 2", errIgbinary)
	}
	r := igbinaryReader{in: data, pos: len(igbinaryHeader)}
	r.most = min(igbinaryGrowth*len(data), igbinaryText)
	r.out = make([]byte, 0, min(2*len(data), r.most))
	tag := r.byte()
	if _, isArray := arraySize(tag); !isArray {
		r.fail("a session that is no array")
	}
	r.value(tag, 0)
	if r.pos != len(r.in) {
		r.fail("bytes after the end")
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.out, nil
}

// An igbinaryReader reads in and appends to out. After a failure err is set and
// byte returns zero. The format is that of igbinary, src/php7/igbinary.c.
type igbinaryReader struct {
	in  []byte
	pos int

	out  []byte
	most int // bytes of out

	// strings are those that were read, which are then known by their number:
	// the keys, the values, the names of classes and of cases.
	strings []igbinaryString
	// refs are the slots in out of what references can mean: arrays, objects,
	// and other values that are marked.
	refs []int32
	// slots counts the values of out as references in it do, and last is the slot
	// of the value that was read last.
	slots, last int32

	err error
}

type igbinaryString struct {
	from, to int
	slot     int32 // of a value that it was, or 0
}

func (r *igbinaryReader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s at byte %d", errIgbinary, what, r.pos)
	}
}

func (r *igbinaryReader) byte() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// bytes returns the next n bytes, or none.
func (r *igbinaryReader) bytes(n int) []byte {
	if r.err == nil && n > len(r.in)-r.pos {
		r.fail("the end")
	}
	if r.err != nil {
		return nil
	}
	r.pos += n
	return r.in[r.pos-n : r.pos]
}

// number reads a big-endian number of 1, 2, 4 or 8 bytes.
func (r *igbinaryReader) number(size int) (n uint64) {
	var wide [8]byte
	b := r.bytes(size)
	copy(wide[8-len(b):], b)
	return binary.BigEndian.Uint64(wide[:])
}

// length reads a length, a count or an index, which is at most that of the input.
func (r *igbinaryReader) length(size int) int {
	n := r.number(size)
	if n > uint64(len(r.in)) {
		r.fail("a length beyond the end")
		return 0
	}
	return int(n)
}

// integer reads the magnitude of an integer.
func (r *igbinaryReader) integer(size int, negative bool) int64 {
	n := r.number(size)
	switch {
	case !negative && n <= math.MaxInt64:
		return int64(n)
	case negative && n <= 1<<63:
		return -int64(n)
	}
	r.fail("an integer out of range")
	return 0
}
