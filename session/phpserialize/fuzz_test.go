package phpserialize

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzParse checks that Parse neither panics nor allocates more than its input
// has room for, that its errors are the package's, that the accessors agree with
// one another, and that what is read does not depend on anything but the input.
func FuzzParse(f *testing.F) {
	for _, data := range seedInputs(f) {
		f.Add(data)
	}
	for _, data := range hostile() {
		if len(data) < 4<<10 {
			f.Add([]byte(data))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		input := bytes.Clone(data)
		v, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrLimit) || v != (Value{}) {
				t.Fatalf("%v, %v", v.Kind(), err)
			}
			return
		}
		// The shortest key with a value has six bytes.
		if n := len(v.doc.nodes); n > len(data)/3+1 || cap(v.doc.nodes) > len(data)*2/3+8 {
			t.Fatalf("%d nodes, room for %d, for %d bytes", n, cap(v.doc.nodes), len(data))
		}
		steps := 200
		walk(t, v, 0, &steps)
		if !bytes.Equal(data, input) {
			t.Fatal("the input was changed")
		}
		again, err := Parse(input)
		budget, budgetAgain := 1000, 1000
		if err != nil || describe(v, 0, &budget) != describe(again, 0, &budgetAgain) {
			t.Fatalf("read a second time it is another value: %v", err)
		}
	})
}

// walk calls all accessors of v and of what is in it, and checks that they
// agree.
func walk(t *testing.T, v Value, depth int, steps *int) {
	if *steps--; *steps < 0 || depth > 20 {
		return
	}
	if v.Kind() > Unresolved {
		t.Fatalf("a value is of kind %d", v.Kind())
	}
	s, ok := v.Str()
	if b, isBytes := v.Bytes(); ok != isBytes || s != string(b) || ok != (v.Kind() == String) {
		t.Fatalf("Str %q, Bytes %q of a value of kind %v", s, b, v.Kind())
	}
	switch v.Kind() {
	case Object, Custom, Enum:
		if v.Class() == "" || v.Kind() == Enum && v.Case() == "" {
			t.Fatal("an object has no class, or an enum no case")
		}
	}
	if payload, ok := v.Payload(); ok {
		nested, ok := v.Nested()
		if _, err := Parse(payload); err == nil && !ok {
			t.Fatalf("the payload %q is not read", payload)
		}
		walk(t, nested, depth+1, steps)
	}
	n := 0
	for key, value := range v.All() {
		n++
		if _, ok := find(v, key); !ok {
			t.Fatalf("the key %v is not found", key.Any())
		}
		walk(t, value, depth+1, steps)
		if *steps < 0 {
			return
		}
	}
	if n != v.Len() {
		t.Fatalf("Len is %d, but there are %d elements", v.Len(), n)
	}
}

// find looks a key up as a user would.
func find(v, key Value) (Value, bool) {
	if i, ok := key.Int(); ok {
		return v.Index(i)
	}
	name, ok := key.Str()
	if !ok {
		return Value{}, false
	}
	return v.Key(name)
}
