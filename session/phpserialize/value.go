package phpserialize

import "math"

// A Value is a value within an input. It is small and may be copied. Its zero
// value is PHP's null. It may be used concurrently.
type Value struct {
	doc *document
	at  int32 // its node, which is no reference
}

func (v Value) node() node {
	if v.doc == nil {
		return node{}
	}
	return v.doc.nodes[v.at]
}

// Kind returns what v is. It is never a reference, but what that refers to.
func (v Value) Kind() Kind { return v.node().kind }

// Bool returns v if it is a boolean.
func (v Value) Bool() (value, ok bool) {
	n := v.node()
	return n.num != 0 && n.kind == Bool, n.kind == Bool
}

// Int returns v if it is an integer.
func (v Value) Int() (value int64, ok bool) {
	if n := v.node(); n.kind == Int {
		return n.num, true
	}
	return 0, false
}

// Float returns v if it is a floating-point number. An integer is none.
func (v Value) Float() (value float64, ok bool) {
	if n := v.node(); n.kind == Float {
		return math.Float64frombits(uint64(n.num)), true
	}
	return 0, false
}

// Str returns a copy of v if it is a string. PHP's strings are bytes; this one
// need not be valid UTF-8.
func (v Value) Str() (value string, ok bool) {
	b, ok := v.Bytes()
	return string(b), ok
}

// Bytes returns v, which aliases the input, if it is a string.
func (v Value) Bytes() (value []byte, ok bool) {
	if n := v.node(); n.kind == String {
		return v.doc.data[n.from:n.to:n.to], true
	}
	return nil, false
}

// Class returns the class of an Object, a Custom or an Enum in the spelling of
// the input, and "" for all else.
func (v Value) Class() string {
	switch n := v.node(); n.kind {
	case Object, Custom, Enum:
		return string(v.doc.data[n.from:n.to])
	}
	return ""
}

// Case returns the name of an Enum's case, and "" for all else.
func (v Value) Case() string {
	if n := v.node(); n.kind == Enum {
		from := int(n.to) + 1
		return string(v.doc.data[from : from+int(n.num)])
	}
	return ""
}

// Payload returns the bytes that a Custom wrote. They alias the input.
func (v Value) Payload() (payload []byte, ok bool) {
	if v.Kind() != Custom {
		return nil, false
	}
	return Value{v.doc, v.at + 1}.Bytes()
}

// Nested returns the value that the payload of a Custom is. It is not ok if the
// payload is in another format. References behind a Custom are counted as if its
// class reads the payload in this way, as all do that call PHP's unserialize().
func (v Value) Nested() (value Value, ok bool) {
	n := v.node()
	if n.kind != Custom || n.next == v.at+2 {
		return Value{}, false
	}
	return v.doc.value(int(v.at) + 2), true
}

// Any returns v as Go has it: nil, a bool, an int64, a float64, a string, which
// is a copy, or v itself if it is none of these.
func (v Value) Any() any {
	switch n := v.node(); n.kind {
	case Null:
		return nil
	case Bool:
		return n.num != 0
	case Int:
		return n.num
	case Float:
		return math.Float64frombits(uint64(n.num))
	case String:
		return string(v.doc.data[n.from:n.to])
	}
	return v
}
