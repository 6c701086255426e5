package phpserialize

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestReferences checks which value a reference leads to. The last element of
// each array is the reference, want is what describe says of it.
func TestReferences(t *testing.T) {
	const obj = `O:1:"X":1:{s:1:"p";i:7;}` // two slots
	tests := []struct{ name, data, want string }{
		{"R: to a scalar", `a:2:{i:0;i:5;i:1;R:2;}`, "i5"},
		{"keys have no slot", `a:3:{s:1:"k";i:5;s:1:"l";i:6;i:1;R:3;}`, "i6"},
		{"R: has no slot", `a:4:{i:0;i:5;i:1;R:2;i:2;i:6;i:3;R:3;}`, "i6"},
		{"r: has a slot", `a:4:{i:0;` + obj + `i:1;r:2;i:2;i:6;i:3;R:5;}`, "i6"},
		{"r: to an object", `a:2:{i:0;` + obj + `i:1;r:2;}`, "O58{s70i7}"},
		{"R: to an r:", `a:3:{i:0;` + obj + `i:1;r:2;i:2;R:4;}`, "O58{s70i7}"},
		{"r: to an r:", `a:3:{i:0;` + obj + `i:1;r:2;i:2;r:4;}`, "O58{s70i7}"},
		{"into an object", `a:2:{i:0;` + obj + `i:1;R:3;}`, "i7"},
		{"r: to an enum", `a:2:{i:0;E:11:"Suit:Hearts";i:1;r:2;}`, "E537569743a486561727473"},
		{"r: to a custom", `a:2:{i:0;C:1:"X":1:{?}i:1;r:2;}`, "O58{}"},
		{"into a payload", `a:2:{i:0;C:3:"Ser":14:{a:1:{i:0;i:8;}}i:1;R:4;}`, "i8"},
		{"behind a payload", `a:3:{i:0;C:3:"Ser":14:{a:1:{i:0;i:8;}}i:1;i:9;i:2;R:5;}`, "i9"},
		{"of a payload to before it", `a:2:{i:0;i:4;i:1;C:3:"Ser":4:{R:2;}}`, "C[i4]"},
		{"to itself", `a:1:{i:0;R:1;}`, "a{i0a{i0a{i0a{i0a{i0a{i0a{i0~}}}}}}}"},
	}
	for _, test := range tests {
		v := mustParse(t, test.data)
		last := Value{}
		for _, value := range v.All() {
			last = value
		}
		budget := 100
		if got := describe(last, 0, &budget); got != test.want {
			t.Errorf("%s: %s; want %s", test.name, got, test.want)
		}
	}
}

func TestNoSuchReference(t *testing.T) {
	for _, data := range []string{
		"R:1;", "r:1;", "R:0;", "r:0;", "R:-1;", "R:;",
		"a:1:{i:0;R:2;}", "a:1:{i:0;r:2;}", "a:1:{i:0;r:1;}", // itself, or an array
		"a:2:{i:0;R:3;i:1;i:5;}",                     // not yet
		`a:2:{i:0;s:1:"x";i:1;r:2;}`,                 // no object
		"a:1:{R:1;i:0;}",                             // as a key
		"a:1:{i:0;R:4294967297;}", "a:1:{i:0;r:99;}", // beyond
		`a:3:{i:0;O:1:"X":0:{}i:1;i:1;i:2;r:3;}`,      // no object
		`a:2:{i:0;C:3:"Ser":4:{R:9;}i:1;s:1:"x";i:2}`, // not in the format
	} {
		if v, err := Parse([]byte(data)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v, %v", data, v.Kind(), err)
		}
	}
}

// TestUnresolved checks that nothing is read behind a payload of which nobody
// but its class knows how many values are in it.
func TestUnresolved(t *testing.T) {
	kinds := func(v Value) (kinds []Kind) {
		for _, value := range v.All() {
			kinds = append(kinds, value.Kind())
		}
		return kinds
	}
	for _, payload := range []string{
		"?", "", "}", `{"a":1}`,
		"i:1;i:2;",            // more than one value
		"a:1:{i:0;i:5;} ",     // with a byte behind it
		"a:2:{i:0;i:5;i:1;x}", // begins well
		"x:i:0;a:0:{};m:a:0:{}",
		`S:1:"a";`,
		"R:99;",
		`a:1:{i:0;C:1:"Y":4:{i:1;}`, // a good payload in a bad one
	} {
		// 1: the array, 2: i:5, 3: the Custom, from 4 on nobody knows.
		data := "a:8:{i:0;i:5;i:1;" + custom("X", payload) + `i:2;O:1:"Z":0:{}i:3;R:2;i:4;r:3;i:5;r:4;i:6;R:5;i:7;R:1000;}`
		v := mustParse(t, data)
		want := []Kind{Int, Custom, Object, Int, Custom, Unresolved, Unresolved, Unresolved}
		if got := kinds(v); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %v; want %v", payload, got, want)
		}
		custom, _ := v.Index(1)
		if got, ok := custom.Payload(); !ok || string(got) != payload {
			t.Errorf("%q: the payload is %q, %t", payload, got, ok)
		}
		if _, ok := custom.Nested(); ok {
			t.Errorf("%q: is taken for a value", payload)
		}
		unresolved, _ := v.Index(5)
		if got, ok := v.Get("5"); !ok || got.(Value).Kind() != Unresolved || unresolved.Any().(Value).Kind() != Unresolved {
			t.Errorf("%q: Get returns %v, %t", payload, got, ok)
		}
	}
}

// TestUnresolvedIsNoObject checks that a reference to an unresolved reference is
// not resolved either.
func TestUnresolvedIsNoObject(t *testing.T) {
	v := mustParse(t, `a:4:{i:0;O:1:"Z":0:{}i:1;C:1:"X":1:{?}i:2;r:9;i:3;r:4;}`)
	for i := range int64(4) {
		value, _ := v.Index(i)
		if want := []Kind{Object, Custom, Unresolved, Unresolved}[i]; value.Kind() != want {
			t.Errorf("%d is of kind %v; want %v", i, value.Kind(), want)
		}
	}
	// A second such payload makes nothing better.
	v = mustParse(t, `a:4:{i:0;C:1:"X":1:{?}i:1;i:5;i:2;C:1:"X":1:{?}i:3;R:3;}`)
	if value, _ := v.Index(3); value.Kind() != Unresolved {
		t.Errorf("a reference between two payloads is of kind %v", value.Kind())
	}
}

func custom(class, payload string) string {
	return fmt.Sprintf(`C:%d:"%s":%d:{%s}`, len(class), class, len(payload), payload)
}

func TestNested(t *testing.T) {
	v := mustParse(t, custom("X", `a:2:{i:0;i:1;i:1;`+custom("Y", "hello")+"}"))
	list, ok := v.Nested()
	if !ok || list.Len() != 2 || v.Class() != "X" {
		t.Fatalf("%v, %t", list.Kind(), ok)
	}
	inner, _ := list.Index(1)
	if payload, ok := inner.Payload(); !ok || string(payload) != "hello" || inner.Class() != "Y" {
		t.Errorf("the inner payload is %q, %t", payload, ok)
	}
	// A payload may itself be a reference.
	v = mustParse(t, `a:2:{i:0;s:1:"x";i:1;C:1:"X":4:{R:2;}}`)
	custom, _ := v.Index(1)
	if s, ok := custom.Nested(); !ok || s.Any() != "x" {
		t.Errorf("the payload refers to %v, %t", s.Any(), ok)
	}
}

func TestKeyTwiceWithReferences(t *testing.T) {
	var long strings.Builder // more keys than are compared with one another
	for i := range 100 {
		fmt.Fprintf(&long, "s:4:\"k%03d\";i:1;", i)
	}
	ints := strings.NewReplacer(`s:4:"k`, "i:9", `";`, ";").Replace(long.String())
	tests := []struct {
		data string
		ok   bool
	}{
		{`a:2:{i:0;i:5;i:0;i:6;}`, true},
		{`a:3:{i:0;i:5;i:0;i:6;i:1;R:1;}`, false},
		{`a:3:{i:1;i:5;s:1:"1";i:6;i:2;R:1;}`, false},
		{`a:3:{i:1;i:5;s:2:"01";i:6;i:2;R:1;}`, true},
		{`a:3:{i:0;i:5;s:0:"";i:6;i:2;R:1;}`, true},
		{`a:3:{s:1:"a";i:5;s:1:"a";i:6;i:2;R:1;}`, false},
		{`a:3:{i:5;i:5;i:4;i:6;i:3;R:1;}`, true},
		{`a:2:{i:0;a:2:{s:1:"a";N;s:1:"a";N;}i:2;R:1;}`, false},
		{`a:2:{i:0;R:1;i:2;O:1:"X":2:{s:1:"a";N;s:1:"a";N;}}`, false},
		{`a:1:{i:0;` + custom("X", `a:3:{s:1:"a";i:5;s:1:"a";i:6;i:2;R:1;}`) + "}", false},
		{`a:102:{` + long.String() + `i:1;R:1;i:2;N;}`, true},
		{`a:102:{` + long.String() + `i:1;R:1;s:4:"k099";N;}`, false},
		{`a:102:{` + long.String() + `i:1;R:1;s:4:"k000";N;}`, false},
		{`a:102:{i:9;R:1;` + ints + `i:8;N;}`, true},
		{`a:102:{i:9;R:1;` + ints + `i:9005;N;}`, false},
	}
	for _, test := range tests {
		_, err := Parse([]byte(test.data))
		if (err == nil) != test.ok || err != nil && !strings.HasSuffix(err.Error(), "no key twice where there are references") {
			t.Errorf("%.80s: %v", test.data, err)
		}
	}
}

func TestParser(t *testing.T) {
	// Values with something between them, and references from one to another.
	data := []byte(`x:O:1:"X":1:{s:1:"p";i:7;}yy:a:1:{i:0;r:1;}R:2;`)
	p := NewParser(data)
	var values []Value
	for _, skip := range []int{2, 3, 0} {
		p.Skip(skip)
		v, err := p.Value()
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if p.Offset() != len(data) {
		t.Errorf("the offset is %d", p.Offset())
	}
	object, _ := values[1].Index(0)
	if property, err := object.Property("p"); err != nil || property.Any() != int64(7) || values[2].Any() != int64(7) {
		t.Errorf("%v, %v, %v", property.Any(), err, values[2].Any())
	}
	if values[0].Len() != 1 || values[0].Class() != "X" {
		t.Errorf("the first value is %v", values[0].Kind())
	}
	// A payload that is no value is no error.
	p = NewParser([]byte(`C:1:"X":1:{?}i:5;`))
	if _, err := p.Value(); err != nil {
		t.Error(err)
	}
	if v, err := p.Value(); err != nil || v.Any() != int64(5) {
		t.Errorf("behind the payload: %v, %v", v.Any(), err)
	}
	// At the end, and after an error, there is nothing.
	_, err := p.Value()
	if !errors.Is(err, ErrSyntax) {
		t.Errorf("at the end: %v", err)
	}
	p = NewParser([]byte("i:x;i:1;"))
	_, err = p.Value()
	p.Skip(2)
	if _, again := p.Value(); !errors.Is(err, ErrSyntax) || again == nil || again.Error() != err.Error() {
		t.Errorf("%v, then %v", err, again)
	}
}

func TestParserKeyTwice(t *testing.T) {
	// The key is there twice in the first value, the reference is in the third.
	p := NewParser([]byte("a:2:{i:0;N;i:0;N;}i:1;R:2;"))
	for i := range 3 {
		if _, err := p.Value(); (err != nil) != (i == 2) {
			t.Errorf("value %d: %v", i, err)
		}
	}
}

func TestSkipBeyond(t *testing.T) {
	for _, n := range []int{-1, 3} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Skip(%d) does not panic", n)
				}
			}()
			NewParser([]byte("N;")).Skip(n)
		}()
	}
}
