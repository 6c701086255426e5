package phpserialize

import (
	"errors"
	"fmt"
	"testing"
)

func TestKeys(t *testing.T) {
	v := mustParse(t, `a:9:{i:0;i:10;i:-3;i:11;s:1:"5";i:12;s:2:"05";i:13;s:0:"";i:14;s:2:"-0";i:15;`+
		`s:20:"-9223372036854775808";i:16;s:19:"9223372036854775808";i:17;s:1:"k";a:2:{i:0;i:1;s:1:"k";i:2;}}`)
	for name, want := range map[string]any{
		"0": int64(10), "-3": int64(11), "5": int64(12), "05": int64(13), "": int64(14), "-0": int64(15),
		"-9223372036854775808": int64(16), "9223372036854775808": int64(17),
		"1": nil, "-5": nil, "00": nil, " 5": nil, "+5": nil, "kk": nil, "5.0": nil,
	} {
		got, ok := v.Key(name)
		if ok != (want != nil) || got.Any() != want {
			t.Errorf("the key %q has %v, %t; want %v", name, got.Any(), ok, want)
		}
	}
	for i, want := range map[int64]any{0: int64(10), -3: int64(11), 5: int64(12), -9223372036854775808: int64(16), 1: nil, 2: nil} {
		got, ok := v.Index(i)
		if ok != (want != nil) || got.Any() != want {
			t.Errorf("the index %d has %v, %t; want %v", i, got.Any(), ok, want)
		}
	}
	inner, _ := v.Key("k")
	if got, ok := inner.Key("k"); !ok || got.Any() != int64(2) {
		t.Errorf("the inner key has %v, %t", got.Any(), ok)
	}
}

func TestLastDuplicateCounts(t *testing.T) {
	v := mustParse(t, `a:6:{s:1:"k";i:1;i:5;i:2;s:1:"k";i:3;s:1:"5";i:4;s:1:"x";i:5;s:1:"k";i:6;}`)
	if got, _ := v.Key("k"); got.Any() != int64(6) {
		t.Errorf("k is %v", got.Any())
	}
	if got, _ := v.Index(5); got.Any() != int64(4) {
		t.Errorf("5 is %v", got.Any())
	}
	if v.Len() != 6 {
		t.Errorf("Len is %d", v.Len())
	}
	o := mustParse(t, `O:1:"X":2:{s:1:"k";i:1;s:1:"k";i:3;}`)
	if got, err := o.Property("k"); err != nil || got.Any() != int64(3) {
		t.Errorf("the property k is %v, %v", got.Any(), err)
	}
}

func TestProperty(t *testing.T) {
	private := func(class, name string, value int) string {
		return fmt.Sprintf("s:%d:\"\x00%s\x00%s\";i:%d;", len(class)+len(name)+2, class, name, value)
	}
	object := `O:8:"App\User":9:{` +
		`s:3:"pub";i:1;` + private("*", "prot", 2) + private(`App\User`, "priv", 3) +
		private(`App\User`, "twice", 4) + private(`App\Base`, "twice", 5) +
		`s:4:"both";i:6;` + private(`App\Base`, "both", 7) +
		"s:4:\"\x00bad\";i:8;" + `i:1;i:9;}`
	v := mustParse(t, object)
	tests := []struct {
		name string
		want any
		err  error
	}{
		{"pub", int64(1), nil},
		{"prot", int64(2), nil},
		{"priv", int64(3), nil},
		{`App\User::priv`, int64(3), nil},
		{`App\Base::priv`, nil, ErrNoProperty},
		{`App\User::pub`, int64(1), nil},
		{`App\User::prot`, int64(2), nil},
		{`App\Base::pub`, nil, ErrNoProperty},
		{`*::prot`, nil, ErrNoProperty},
		{"::pub", nil, ErrNoProperty},
		{"twice", nil, ErrAmbiguous},
		{`App\User::twice`, int64(4), nil},
		{`App\Base::twice`, int64(5), nil},
		{`app\base::twice`, nil, ErrNoProperty},
		{"both", nil, ErrAmbiguous},
		{`App\User::both`, int64(6), nil},
		{`App\Base::both`, int64(7), nil},
		{"bad", nil, ErrNoProperty},
		{"\x00bad", nil, ErrNoProperty},
		{"\x00*\x00prot", nil, ErrNoProperty},
		{"1", nil, ErrNoProperty},
		{"", nil, ErrNoProperty},
		{"absent", nil, ErrNoProperty},
	}
	for _, test := range tests {
		got, err := v.Property(test.name)
		if got.Any() != test.want || !errors.Is(err, test.err) {
			t.Errorf("%q: %v, %v; want %v, %v", test.name, got.Any(), err, test.want, test.err)
		}
	}
	if _, err := mustParse(t, `a:1:{s:1:"a";N;}`).Property("a"); !errors.Is(err, ErrNoProperty) {
		t.Errorf("an array has a property: %v", err)
	}
	if got, ok := v.Key("\x00*\x00prot"); !ok || got.Any() != int64(2) {
		t.Errorf("Key finds %v, %t under the mangled name", got.Any(), ok)
	}
	for key, want := range map[string]any{"prot": int64(2), "1": int64(9), "twice": nil, "both": nil, "absent": nil} {
		if got, ok := v.Get(key); ok != (want != nil) || got != want {
			t.Errorf("Get(%q): %v, %t; want %v", key, got, ok, want)
		}
	}
}

func TestGet(t *testing.T) {
	v := mustParse(t, `a:5:{s:1:"n";N;s:1:"s";s:1:"x";i:3;b:1;s:1:"d";d:0.5;s:1:"a";a:1:{i:0;i:7;}}`)
	for key, want := range map[string]any{"n": nil, "s": "x", "3": true, "d": 0.5} {
		if got, ok := v.Get(key); !ok || got != want {
			t.Errorf("%s: %v, %t; want %v", key, got, ok, want)
		}
	}
	inner, _ := v.Get("a")
	if got, ok := inner.(Value).Get("0"); !ok || got != int64(7) {
		t.Errorf("a.0: %v, %t", got, ok)
	}
	if _, ok := v.Get("absent"); ok {
		t.Error("an absent key is found")
	}
}
