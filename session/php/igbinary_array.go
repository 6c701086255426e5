package php

import "strconv"

// array translates the elements of an array, of which there are n.
func (r *igbinaryReader) array(n, depth int) {
	r.refs = append(r.refs, r.slot())
	r.out = append(r.out, 'a', ':')
	r.elements(n, depth)
}

// elements appends <elements>:{...}. Each has two bytes at least, so that a count
// which is not true ends with the input.
func (r *igbinaryReader) elements(n, depth int) {
	r.out = strconv.AppendInt(r.out, int64(n), 10)
	r.out = append(r.out, ':', '{')
	for i := 0; i < n && r.err == nil; i++ {
		r.key(r.byte())
		r.value(r.byte(), depth+1)
	}
	r.out = append(r.out, '}')
}

func (r *igbinaryReader) key(tag byte) {
	if r.intKey(tag) {
		return
	}
	if tag == igEmpty {
		r.out = append(r.out, `s:0:"";`...)
		return
	}
	if index, ok := r.string(tag, igString, igStringID); ok {
		r.out = append(r.out, "s:"...)
		r.quoted(r.text(index))
		r.out = append(r.out, ';')
	}
}

// object translates an object: its class, and then its properties, what its
// class wrote itself, or the case of an enumeration.
func (r *igbinaryReader) object(tag byte, depth int) {
	class, ok := r.string(tag, igObject, igObjectID)
	if !ok {
		return
	}
	r.refs = append(r.refs, r.slot())
	inner := r.byte()
	if inner == igEnumCase {
		if name, ok := r.string(r.byte(), igString, igStringID); ok {
			r.out = append(r.out, "E:"...)
			r.quoted(r.text(class), []byte{':'}, r.text(name))
			r.out = append(r.out, ';')
		}
		return
	}
	r.out = append(r.out, "O:"...)
	r.quoted(r.text(class))
	r.out = append(r.out, ':')
	if size, ok := sized(inner, igSerialized); ok {
		r.bytes(r.length(size))
		r.out = append(r.out, "0:{}"...)
		return
	}
	size, ok := arraySize(inner)
	if !ok {
		r.fail("an object without properties")
		return
	}
	r.elements(r.length(size), depth)
}

// marked translates a value that others refer to as the same variable. Arrays
// and objects can be referred to in any case; other values take a number because
// of the mark.
func (r *igbinaryReader) marked(depth int) {
	tag := r.byte()
	if tag == igReference {
		r.fail("a reference to a reference")
		return
	}
	refs := len(r.refs)
	r.value(tag, depth)
	if len(r.refs) == refs && !sizeIn(tag, igArrayRef) && !sizeIn(tag, igObjectRef) {
		r.refs = append(r.refs, r.last)
	}
}

// reference translates a reference to what has the number index.
func (r *igbinaryReader) reference(index int) {
	if index >= len(r.refs) {
		r.fail("the number of a reference to nothing")
		return
	}
	r.refer(r.refs[index])
}

// slot counts a value, and returns its number.
func (r *igbinaryReader) slot() int32 {
	r.slots++
	r.last = r.slots
	return r.slots
}

// refer appends a reference to a slot, which has no slot itself.
func (r *igbinaryReader) refer(slot int32) {
	r.last = slot
	r.out = append(r.out, "R:"...)
	r.out = strconv.AppendInt(r.out, int64(slot), 10)
	r.out = append(r.out, ';')
}
