package gorillasession

import (
	"bytes"
	"math"
)

// single reads a value that is not part of another one. Before it, what is no
// struct has the number of a field.
func (g *gob) single(id int64) any {
	if g.typ(id).kind != gobStruct && g.uint() != 0 {
		g.fail("a value is out of place")
	}
	return g.value(id)
}

// value reads a value of a type.
func (g *gob) value(id int64) any {
	if g.values++; g.values > maxValues {
		g.fail("it has too many values")
	}
	if g.depth++; g.depth > maxDepth {
		g.fail("it is too deep")
	}
	defer func() { g.depth-- }()
	if g.err != nil {
		return nil
	}
	switch id {
	case gobBool:
		return g.uint() != 0
	case gobInt:
		return g.int()
	case gobUint:
		if n := g.uint(); n > math.MaxInt64 {
			return n
		} else {
			return int64(n)
		}
	case gobFloat:
		return g.float()
	case gobBytes:
		return bytes.Clone(g.bytes())
	case gobString:
		return string(g.bytes())
	case gobComplex:
		re := g.float()
		return complex(re, g.float())
	case gobInterface:
		return g.dynamic()
	}
	return g.composite(g.typ(id))
}

// dynamic reads the value of an interface: the name of its type, the type, a
// count that is of no use if types are defined within, and the value.
func (g *gob) dynamic() any {
	if len(g.bytes()) == 0 {
		return nil
	}
	id := g.typeID(true)
	g.uint()
	return g.single(id)
}

// composite reads a value of a type that was defined. How many values it says it
// has is of no account: each has a byte at least, and takes it from the input.
func (g *gob) composite(t gobType) any {
	switch t.kind {
	case gobList:
		return g.list(t)
	case gobMap:
		return g.mapping(t)
	case gobStruct:
		return g.structure(t)
	case gobOpaque:
		return bytes.Clone(g.bytes())
	}
	g.fail("a type is not defined")
	return nil
}

func (g *gob) list(t gobType) any {
	list := []any{}
	for n := g.uint(); n > 0 && g.err == nil; n-- {
		list = append(list, g.value(t.elem))
	}
	return list
}

func (g *gob) mapping(t gobType) any {
	values := map[any]any{}
	for n := g.uint(); n > 0 && g.err == nil; n-- {
		key := g.value(t.key)
		switch key.(type) {
		case string, int64, uint64, float64, complex128, bool, nil:
		default:
			g.fail("the key of a map is a list or the like")
			return nil
		}
		// Keys that differed only in their types are the same here.
		if _, twice := values[key]; twice {
			g.fail("a map has two keys of the same text or number")
		}
		values[key] = g.value(t.elem)
	}
	if t.key != gobString {
		return values
	}
	named := make(map[string]any, len(values))
	for key, value := range values {
		text, _ := key.(string) // nil after an error
		named[text] = value
	}
	return named
}

// structure reads the fields that are not zero, each after its distance from the
// one before.
func (g *gob) structure(t gobType) any {
	fields := map[string]any{}
	for at := -1; g.err == nil; {
		delta := g.uint()
		if delta == 0 {
			break
		}
		if delta > uint64(len(t.fields)-1-at) {
			g.fail("a struct has more fields than its type")
			break
		}
		at += int(delta)
		fields[t.fields[at].name] = g.value(t.fields[at].typ)
	}
	return fields
}
