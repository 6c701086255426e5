package gorillasession

// The types that need no definition: encoding/gob/type.go.
const (
	gobBool      = 1
	gobInt       = 2
	gobUint      = 3
	gobFloat     = 4
	gobBytes     = 5
	gobString    = 6
	gobComplex   = 7
	gobInterface = 8
	gobWireType  = 16 // a definition
	gobFirstOwn  = 64 // the first that is defined
)

type gobKind int

const (
	gobUnknown gobKind = iota
	gobList
	gobMap
	gobStruct
	gobOpaque // its own bytes
)

// A gobType is the definition of a type. The elements are those of a list or a
// map.
type gobType struct {
	kind      gobKind
	key, elem int64
	fields    []gobField
}

type gobField struct {
	name string
	typ  int64
}

// gobDefinitions are the types that definitions consist of.
var gobDefinitions = map[int64]gobType{
	gobWireType: {kind: gobStruct, fields: []gobField{
		{"ArrayT", 17}, {"SliceT", 19}, {"StructT", 20}, {"MapT", 23},
		{"GobEncoderT", 24}, {"BinaryMarshalerT", 24}, {"TextMarshalerT", 24},
	}},
	17: {kind: gobStruct, fields: []gobField{{"CommonType", 18}, {"Elem", gobInt}, {"Len", gobInt}}},
	18: {kind: gobStruct, fields: []gobField{{"Name", gobString}, {"Id", gobInt}}},
	19: {kind: gobStruct, fields: []gobField{{"CommonType", 18}, {"Elem", gobInt}}},
	20: {kind: gobStruct, fields: []gobField{{"CommonType", 18}, {"Field", 22}}},
	21: {kind: gobStruct, fields: []gobField{{"Name", gobString}, {"Id", gobInt}}},
	22: {kind: gobList, elem: 21},
	23: {kind: gobStruct, fields: []gobField{{"CommonType", 18}, {"Key", gobInt}, {"Elem", gobInt}}},
	24: {kind: gobStruct, fields: []gobField{{"CommonType", 18}}},
}

// typ returns the definition of a type.
func (g *gob) typ(id int64) gobType {
	if t, ok := g.types[id]; ok {
		return t
	}
	return gobDefinitions[id]
}

// define reads the definition of a type.
func (g *gob) define(id int64) {
	if id < gobFirstOwn || g.types[id].kind != gobUnknown {
		g.fail("a type is defined twice")
		return
	}
	wire, _ := g.value(gobWireType).(map[string]any)
	var t gobType
	for name, of := range wire {
		of, _ := of.(map[string]any)
		t.key, _ = of["Key"].(int64)
		t.elem, _ = of["Elem"].(int64)
		switch name {
		case "ArrayT", "SliceT":
			t.kind = gobList
		case "MapT":
			t.kind = gobMap
		case "StructT":
			t.kind = gobStruct
			t.fields = gobFields(of["Field"])
		default:
			t.kind = gobOpaque
		}
	}
	if len(wire) != 1 {
		g.fail("a type has no definition, or several")
		return
	}
	if g.types == nil {
		g.types = make(map[int64]gobType)
	}
	g.types[id] = t
}

// gobFields returns the fields of a struct. What a definition leaves out is zero.
func gobFields(list any) (fields []gobField) {
	all, _ := list.([]any)
	for _, one := range all {
		of, _ := one.(map[string]any)
		name, _ := of["Name"].(string)
		typ, _ := of["Id"].(int64)
		fields = append(fields, gobField{name, typ})
	}
	return fields
}
