package phpserialize

import (
	"math"
	"reflect"
	"testing"
)

func mustParse(tb testing.TB, data string) Value {
	tb.Helper()
	v, err := Parse([]byte(data))
	if err != nil {
		tb.Fatalf("%q: %v", data, err)
	}
	return v
}

func TestScalars(t *testing.T) {
	tests := []struct {
		data string
		kind Kind
		want any // of Any
	}{
		{"N;", Null, nil},
		{"b:0;", Bool, false},
		{"b:1;", Bool, true},
		{"i:0;", Int, int64(0)},
		{"i:-0;", Int, int64(0)},
		{"i:+42;", Int, int64(42)},
		{"i:-0042;", Int, int64(-42)},
		{"i:9223372036854775807;", Int, int64(math.MaxInt64)},
		{"i:-9223372036854775808;", Int, int64(math.MinInt64)},
		{"d:0.1;", Float, 0.1},
		{"d:.5;", Float, 0.5},
		{"d:5.;", Float, 5.0},
		{"d:-1.0E+25;", Float, -1e25},
		{"d:+1e-7;", Float, 1e-7},
		{"d:-0;", Float, math.Copysign(0, -1)},
		{"d:1e999;", Float, math.Inf(1)},
		{"d:-1e999;", Float, math.Inf(-1)},
		{"d:INF;", Float, math.Inf(1)},
		{"d:-INF;", Float, math.Inf(-1)},
		{`s:0:"";`, String, ""},
		{`s:2:"ž";`, String, "ž"},
		{`s:03:"a";";`, String, `a";`},
		{`s:3:"` + "a\x00\xff" + `";`, String, "a\x00\xff"},
	}
	for _, test := range tests {
		v := mustParse(t, test.data)
		got := v.Any()
		if f, ok := got.(float64); ok && math.Signbit(f) != math.Signbit(test.want.(float64)) {
			t.Errorf("%s: the sign of %v is wrong", test.data, got)
		}
		if v.Kind() != test.kind || got != test.want {
			t.Errorf("%s: %v %#v; want %v %#v", test.data, v.Kind(), got, test.kind, test.want)
		}
	}
	if f, ok := mustParse(t, "d:NAN;").Float(); !ok || !math.IsNaN(f) {
		t.Errorf("NAN is %v, %t", f, ok)
	}
}

// TestOtherKinds asks values of every kind for what they are not.
func TestOtherKinds(t *testing.T) {
	values := map[Kind]string{
		Null: "N;", Bool: "b:1;", Int: "i:1;", Float: "d:1;", String: `s:1:"1";`,
		Array: "a:1:{i:0;i:1;}", Object: `O:1:"X":1:{s:1:"a";i:1;}`, Custom: `C:1:"X":4:{i:1;}`,
		Enum: `E:3:"X:Y";`, Unresolved: `a:2:{i:0;C:1:"X":1:{?}i:1;r:3;}`,
	}
	for kind, data := range values {
		v := mustParse(t, data)
		if kind == Unresolved {
			v, _ = v.Index(1)
		}
		if v.Kind() != kind {
			t.Errorf("%s is of kind %v; want %v", data, v.Kind(), kind)
		}
		yes, isBool := v.Bool()
		_, isInt := v.Int()
		_, isFloat := v.Float()
		s, isString := v.Str()
		b, isBytes := v.Bytes()
		_, isCustom := v.Payload()
		_, isNested := v.Nested()
		_, hasIndex := v.Index(0)
		_, hasKey := v.Key("a")
		_, err := v.Property("a")
		is := []bool{isBool, isInt, isFloat, isString, isBytes, isCustom, isNested, hasIndex, hasKey, err == nil, v.Class() != "", v.Case() != "", v.Len() == 1}
		want := map[Kind][]int{Bool: {0}, Int: {1}, Float: {2}, String: {3, 4}, Custom: {5, 6, 10}, Array: {7, 12}, Object: {8, 9, 10, 12}, Enum: {10, 11}}
		for i, got := range is {
			expected := false
			for _, w := range want[kind] {
				expected = expected || w == i
			}
			if got != expected {
				t.Errorf("%v: accessor %d says %t", kind, i, got)
			}
		}
		if yes != isBool {
			t.Errorf("%v: is %t", kind, yes)
		}
		if kind != String && (s != "" || b != nil) {
			t.Errorf("%v: is the string %q", kind, s)
		}
		for range v.All() {
			if kind != Array && kind != Object {
				t.Errorf("%v: has elements", kind)
			}
		}
	}
}

func TestZeroValue(t *testing.T) {
	var v Value
	if v.Kind() != Null || v.Any() != nil || v.Len() != 0 || v.Class() != "" {
		t.Errorf("the zero value is no null")
	}
	if _, ok := v.Get("a"); ok {
		t.Error("the zero value has a key")
	}
	for range v.All() {
		t.Error("the zero value has an element")
	}
}

func TestClasses(t *testing.T) {
	tests := []struct{ data, class, name string }{
		{`O:8:"stdClass":0:{}`, "stdClass", ""},
		{`O:16:"App\Entity\Üser":0:{}`, `App\Entity\Üser`, ""},
		{`C:3:"Foo":5:{hello}`, "Foo", ""},
		{`E:17:"App\Status:Active";`, `App\Status`, "Active"},
	}
	for _, test := range tests {
		v := mustParse(t, test.data)
		if v.Class() != test.class || v.Case() != test.name {
			t.Errorf("%s: %q, %q; want %q, %q", test.data, v.Class(), v.Case(), test.class, test.name)
		}
	}
	payload, ok := mustParse(t, `C:3:"Foo":5:{hello}`).Payload()
	if !ok || string(payload) != "hello" {
		t.Errorf("payload %q, %t", payload, ok)
	}
}

// TestStrCopies checks what the documentation says about memory: Bytes aliases
// the input, Str and Any do not.
func TestStrCopies(t *testing.T) {
	data := []byte(`s:3:"abc";`)
	v, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := v.Bytes()
	s, _ := v.Str()
	a := v.Any()
	data[5] = 'X'
	if string(b) != "Xbc" || s != "abc" || a != "abc" {
		t.Errorf("Bytes %q, Str %q, Any %q", b, s, a)
	}
	if cap(b) != len(b) {
		t.Error("appending to Bytes would overwrite the input")
	}
}

func TestKindString(t *testing.T) {
	seen := map[string]bool{}
	for k := Null; k <= Unresolved; k++ {
		if s := k.String(); s == "" || seen[s] || s == Kind(200).String() {
			t.Errorf("kind %d is called %q", k, s)
		}
		seen[k.String()] = true
	}
}

func TestErrorsTellNoContent(t *testing.T) {
	for data, want := range map[string]string{
		`s:9:"secret";`:                   "phpserialize: malformed: at byte 5: want a string not longer than the input",
		`a:1:{s:6:"secret"x`:              "phpserialize: malformed: at byte 17: want \";\"",
		`a:1:{s:6:"secret";}`:             "phpserialize: malformed: at byte 18: want a value",
		`O:6:"secret":2:{i:0;N;}`:         "phpserialize: malformed: at byte 16: want no more elements than the input has room for",
		`a:1:{i:0;s:6:"secret";}s`:        "phpserialize: malformed: at byte 23: want the end of the input",
		`a:2:{i:0;s:1:"x";s:1:"y";r:2;}`:  "phpserialize: malformed: at byte 25: want a reference to an object",
		`a:2:{i:0;s:1:"x";s:1:"y";R:44;}`: "phpserialize: malformed: at byte 25: want a reference to a value before it",
	} {
		if _, err := Parse([]byte(data)); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", data, err, want)
		}
	}
}

func collect(v Value) map[any]any {
	m := map[any]any{}
	for key, value := range v.All() {
		m[key.Any()] = value.Any()
	}
	return m
}

func TestAll(t *testing.T) {
	v := mustParse(t, `a:4:{i:7;s:1:"x";s:1:"5";d:2;s:2:"05";N;s:1:"r";R:2;}`)
	want := map[any]any{int64(7): "x", int64(5): 2.0, "05": nil, "r": "x"}
	if got := collect(v); !reflect.DeepEqual(got, want) || v.Len() != 4 {
		t.Errorf("%v; want %v", got, want)
	}
	for range v.All() {
		break // the iterator must stop
	}
}
