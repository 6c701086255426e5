package phpserialize

import "iter"

// Len returns how many elements an Array, or properties an Object, has in the
// input.
func (v Value) Len() int {
	switch n := v.node(); n.kind {
	case Array, Object:
		return int(n.num)
	}
	return 0
}

// All yields the keys and values of an Array or Object as they stand in the
// input, also those of a key that is there twice, which PHP does not write. A
// key is an Int or a String. Whoever walks on into the values must count the
// steps: through references a small input can be endless.
func (v Value) All() iter.Seq2[Value, Value] {
	return func(yield func(key, value Value) bool) {
		for key, end := v.keys(); key < end; key = v.doc.following(key) {
			if !yield(Value{v.doc, int32(key)}, v.doc.value(key+1)) {
				return
			}
		}
	}
}

// Values yields the values of an Array, as Any returns them, in the order and
// with the repetitions of All.
func (v Value) Values() iter.Seq[any] {
	return func(yield func(any) bool) {
		if v.Kind() != Array {
			return
		}
		for _, value := range v.All() {
			if !yield(value.Any()) {
				return
			}
		}
	}
}

// Index returns the value of an integer key of an Array, or of an Object whose
// class returned a list from __serialize(). If the key is there twice, the last
// one counts, as it does in PHP. Index and Key look through all elements.
func (v Value) Index(i int64) (value Value, ok bool) {
	for key, end := v.keys(); key < end; key = v.doc.following(key) {
		if n := &v.doc.nodes[key]; n.kind == Int && n.num == i {
			value, ok = v.doc.value(key+1), true
		}
	}
	return value, ok
}

// Key returns the value of a key of an Array or Object. As in PHP, the key "5" is
// the integer 5. In an Object the names of properties that are not public have
// a prefix; see [Value.Property].
func (v Value) Key(name string) (value Value, ok bool) {
	if i, ok := canonical(name); ok {
		return v.Index(i)
	}
	for key, end := v.keys(); key < end; key = v.doc.following(key) {
		if n := &v.doc.nodes[key]; n.kind == String && string(v.doc.data[n.from:n.to]) == name {
			value, ok = v.doc.value(key+1), true
		}
	}
	return value, ok
}

// Get returns what Property finds in an Object, or else Key, as Any returns it.
func (v Value) Get(key string) (value any, ok bool) {
	found, err := v.Property(key)
	if err == ErrNoProperty {
		found, ok = v.Key(key)
	}
	if err != nil && !ok {
		return nil, false
	}
	return found.Any(), true
}

// keys returns the node of the first key of an Array or Object, and the node
// behind the last value.
func (v Value) keys() (first, end int) {
	if n := v.node(); n.kind == Array || n.kind == Object {
		return int(v.at) + 1, int(n.next)
	}
	return 0, 0
}

// following returns the node behind a key and its value, which is the node
// behind the key.
func (d *document) following(key int) int { return int(d.nodes[key+1].next) }
