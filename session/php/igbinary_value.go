package php

import (
	"math"
	"strconv"
)

// The tags of igbinary. Of those that differ only in the size of the number that
// follows, the first is named: then come that of two bytes and that of four.
const (
	igNull       = 0x00
	igArrayRef   = 0x01
	igFalse      = 0x04
	igTrue       = 0x05
	igInt8       = 0x06 // 06 positive, 07 negative; 08, 09; 0a, 0b
	igFloat      = 0x0c
	igEmpty      = 0x0d
	igStringID   = 0x0e
	igString     = 0x11
	igArray      = 0x14
	igObject     = 0x17
	igObjectID   = 0x1a
	igSerialized = 0x1d
	igInt64      = 0x20 // 20 positive, 21 negative
	igObjectRef  = 0x22
	igReference  = 0x25
	igEnumCase   = 0x27
)

// sized returns the size of the number after a tag, if the tag is one of the
// three that begin with first.
func sized(tag, first byte) (size int, ok bool) {
	if tag < first || tag > first+2 {
		return 0, false
	}
	return 1 << (tag - first), true
}

func arraySize(tag byte) (size int, ok bool) { return sized(tag, igArray) }

// intSize is sized for the tags of integers.
func intSize(tag byte) (size int, negative, ok bool) {
	if tag == igInt64 || tag == igInt64+1 {
		return 8, tag == igInt64+1, true
	}
	if tag < igInt8 || tag >= igFloat {
		return 0, false, false
	}
	return 1 << ((tag - igInt8) / 2), (tag-igInt8)%2 == 1, true
}

// value translates the value that begins with tag.
func (r *igbinaryReader) value(tag byte, depth int) {
	if len(r.out) > r.most {
		r.fail("names that are repeated too often")
	}
	if depth > igbinaryDepth {
		r.fail("arrays too deep within one another")
	}
	if r.err != nil {
		return
	}
	if tag == igReference {
		r.marked(depth)
		return
	}
	if size, ok := arraySize(tag); ok {
		r.array(r.length(size), depth)
		return
	}
	if size, ok := sized(tag, igArrayRef); ok {
		r.reference(r.length(size))
		return
	}
	if size, ok := sized(tag, igObjectRef); ok {
		r.reference(r.length(size))
		return
	}
	if sizeIn(tag, igObject) || sizeIn(tag, igObjectID) {
		r.object(tag, depth)
		return
	}
	if tag == igEmpty || sizeIn(tag, igString) || sizeIn(tag, igStringID) {
		r.stringValue(tag)
		return
	}
	r.scalar(tag)
}

func sizeIn(tag, first byte) bool {
	_, ok := sized(tag, first)
	return ok
}

func (r *igbinaryReader) scalar(tag byte) {
	switch tag {
	case igNull:
		r.out = append(r.out, "N;"...)
	case igFalse:
		r.out = append(r.out, "b:0;"...)
	case igTrue:
		r.out = append(r.out, "b:1;"...)
	case igFloat:
		r.float(math.Float64frombits(r.number(8)))
	default:
		if !r.intKey(tag) {
			r.fail("an unknown tag")
		}
	}
	r.slot()
}

func (r *igbinaryReader) float(f float64) {
	r.out = append(r.out, "d:"...)
	switch {
	case math.IsNaN(f):
		r.out = append(r.out, "NAN"...)
	case math.IsInf(f, 0):
		if f < 0 {
			r.out = append(r.out, '-')
		}
		r.out = append(r.out, "INF"...)
	default:
		r.out = strconv.AppendFloat(r.out, f, 'E', -1, 64)
	}
	r.out = append(r.out, ';')
}

// intKey translates an integer, if tag is that of one.
func (r *igbinaryReader) intKey(tag byte) bool {
	size, negative, ok := intSize(tag)
	if ok {
		r.out = append(r.out, "i:"...)
		r.out = strconv.AppendInt(r.out, r.integer(size, negative), 10)
		r.out = append(r.out, ';')
	}
	return ok
}

// string reads a string, in full or by its number, and returns the number. The
// tags are those that begin with full and with id.
func (r *igbinaryReader) string(tag, full, id byte) (index int, ok bool) {
	if size, ok := sized(tag, id); ok {
		index := r.length(size)
		if index >= len(r.strings) {
			r.fail("the number of a string that was not read")
			return 0, false
		}
		return index, true
	}
	size, ok := sized(tag, full)
	if !ok {
		r.fail("no string where one must be")
		return 0, false
	}
	n := r.length(size)
	from := r.pos
	if r.bytes(n); r.err != nil {
		return 0, false
	}
	r.strings = append(r.strings, igbinaryString{from: from, to: from + n})
	return len(r.strings) - 1, true
}

// text returns the bytes of a string that was read.
func (r *igbinaryReader) text(index int) []byte {
	return r.in[r.strings[index].from:r.strings[index].to]
}

// quoted appends <bytes>:"...".
func (r *igbinaryReader) quoted(text ...[]byte) {
	n := 0
	for _, t := range text {
		n += len(t)
	}
	r.out = strconv.AppendInt(r.out, int64(n), 10)
	r.out = append(r.out, ':', '"')
	for _, t := range text {
		r.out = append(r.out, t...)
	}
	r.out = append(r.out, '"')
}

// long is from which length on a string is not repeated, but referred to.
const long = 32

func (r *igbinaryReader) stringValue(tag byte) {
	if tag == igEmpty {
		r.out = append(r.out, `s:0:"";`...)
		r.slot()
		return
	}
	index, ok := r.string(tag, igString, igStringID)
	if !ok {
		return
	}
	s := &r.strings[index]
	if s.slot != 0 && s.to-s.from >= long {
		r.refer(s.slot)
		return
	}
	r.out = append(r.out, "s:"...)
	r.quoted(r.text(index))
	r.out = append(r.out, ';')
	s.slot = r.slot()
}
