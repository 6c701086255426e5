package php

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// TestFixtures decodes the sessions of a real Symfony website.
func TestFixtures(t *testing.T) {
	sessions := 0
	for handler, decode := range handlers {
		eachSession(t, "testdata/serializer-"+handler+"/manifest.json", func(name string, data []byte, context, user *string) {
			sessions++
			values, err := Decode(data)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			if same, err := decode(data); err != nil || !slices.Equal(keys(same), keys(values)) {
				t.Errorf("%s: as %s it has the keys %q, %v; want %q", name, handler, keys(same), err, keys(values))
			}
			if len(data) == 0 {
				if len(values) != 0 {
					t.Errorf("%s: an empty session has %q", name, keys(values))
				}
				return
			}
			checkSymfony(t, name, values, context, user)
		})
	}
	if sessions < 15 {
		t.Errorf("there are only %d sessions", sessions)
	}
	eachSession(t, "testdata/serializer-msgpack/manifest.json", func(name string, data []byte, _, _ *string) {
		if _, err := Decode(data); len(data) > 0 && err != errMsgpack {
			t.Errorf("msgpack: %s: %v", name, err)
		}
	})
}

func TestEmpty(t *testing.T) {
	for name, decode := range map[string]func([]byte) (map[string]any, error){
		"any": Decode, "php": DecodePHP, "php_binary": DecodeBinary, "php_serialize": DecodeSerialize, "igbinary": DecodeIgbinary,
	} {
		if values, err := decode(nil); err != nil || values == nil || len(values) != 0 {
			t.Errorf("%s: %v, %v", name, values, err)
		}
	}
}

// TestForged decodes sessions in which a visitor chose a value so that the whole
// is a session of another handler too, with a user that nobody is.
func TestForged(t *testing.T) {
	str := func(s string) string { return fmt.Sprintf("s:%d:\"%s\";", len(s), s) }
	key := func(s string) string { return string(rune(len(s))) + s }
	const admin = `|i:1;user|s:5:"admin";`

	// php, which as php_binary has a first name of '_' = 95 bytes.
	rest := "_meta|" + `a:1:{i:0;s:1:"x";}`
	begin := `_sf2_attributes|a:1:{s:1:"v";s:000:"`
	value := strings.Repeat("x", 96-len(begin)) + "i:1;" + key("user") + `s:5:"admin";` + string(rune(len(`";}_meta|`)))
	php := strings.Replace(begin, "000", fmt.Sprintf("%03d", len(value)), 1) + value + `";}` + rest

	// php_binary, which as php has a first name up to the visitor's "|". A string
	// swallows what follows.
	binary := func(name string) string {
		tail := `";` + key("_meta") + `a:1:{i:0;s:1:"x`
		return key(name) + str(admin+fmt.Sprintf(`k|a:1:{i:0;s:%d:"`, len(tail))) + key("_meta") + `a:1:{i:0;s:1:"x";}`
	}
	// php_serialize, which is php in the same way.
	tail := `";s:1:"m";a:1:{i:0;s:1:"x`
	serialize := `a:2:{s:1:"v";` + str(admin+fmt.Sprintf(`k|a:1:{i:0;a:1:{i:0;s:%d:"`, len(tail))) + `s:1:"m";a:1:{i:0;s:1:"x";}}`

	tests := []struct {
		name, data     string
		decode, forged func([]byte) (map[string]any, error)
	}{
		{"php", php, DecodePHP, DecodeBinary},
		{"php_binary", binary("cart"), DecodeBinary, DecodePHP},
		{"php_binary with a long name", binary(strings.Repeat("n", 40)), DecodeBinary, DecodePHP},
		{"php_serialize", serialize, DecodeSerialize, DecodePHP},
		{"msgpack", "\x81\xa1v\xb6" + admin, nil, DecodePHP},
	}
	for _, test := range tests {
		data := []byte(test.data)
		if forged, err := test.forged(data); err != nil || forged["user"] != "admin" {
			t.Errorf("%s: the forgery does not work: %v, %v", test.name, keys(forged), err)
		}
		got, err := Decode(data)
		if test.decode == nil {
			if err == nil {
				t.Errorf("%s: is decoded", test.name)
			}
			continue
		}
		want, wantErr := test.decode(data)
		if err != nil || wantErr != nil || got["user"] != nil || !slices.Equal(keys(got), keys(want)) {
			t.Errorf("%s: %q, %v; want %q, %v", test.name, keys(got), err, keys(want), wantErr)
		}
	}
}

func TestRecognised(t *testing.T) {
	long := strings.Repeat("n", 0x7f)
	tests := []struct {
		data string
		want string // the keys
	}{
		{"a|i:1;", "a"},
		{"|i:1;", ""}, // PHP takes an empty name
		{"a:|i:1;", "a:"},
		{"a:1:|i:1;", "a:1:"},
		{"a:1{|i:1;", "a:1{"},
		{"b:1:{|i:1;", "b:1:{"},
		{"\x01ai:1;", "a"},
		{"\x03a|bi:1;", "a|b"},
		{"\x00i:1;", ""},
		{"\x1f" + long[:0x1f] + "N;", long[:0x1f]},
		{"\x20" + long[:0x20] + "N;", long[:0x20]},
		{"\x7f" + long + "a:0:{}", long},
		{"n" + long[:100] + "|N;", "n" + long[:100]},
		{"n" + long + "|N;", "n" + long},                      // nothing begins where n = 110 says
		{" " + long[:30] + "|i:1;", " " + long[:30]},          // a name of 31 bytes
		{" " + long[:32] + "x:|i:1;", " " + long[:32] + "x:"}, // x: begins no value
		{"!a|i:1;", "!a"},
		{"Žof|i:1;", "Žof"},
		{"\xdd\x80|i:1;", "\u0740"}, // a letter in UTF-8
		{"\xe9t\xe9|i:1;", "\xe9t\xe9"},
		{"\xdcbung|i:1;", "\xdcbung"},
		{"a:0:{}", ""},
	}
	for _, test := range tests {
		values, err := Decode([]byte(test.data))
		if err != nil || strings.Join(keys(values), ",") != test.want {
			t.Errorf("%q: %q, %v; want %q", test.data, keys(values), err, test.want)
		}
	}
}

func TestValues(t *testing.T) {
	variables := []struct{ name, value string }{
		{"n", "N;"}, {"b", "b:1;"}, {"i", "i:-5;"}, {"d", "d:0.5;"}, {"s", `s:2:"ž";`},
		{"a", `a:1:{i:0;i:7;}`}, {"o", `O:1:"X":1:{s:1:"p";i:8;}`}, {"e", `E:3:"X:Y";`},
		{"r", "r:8;"}, {"R", "R:9;"}, {"twice", "i:1;"}, {"twice", "i:2;"},
	}
	var php, binary strings.Builder
	for _, v := range variables {
		php.WriteString(v.name + "|" + v.value)
		binary.WriteString(string(rune(len(v.name))) + v.name + v.value)
	}
	for handler, data := range map[string]string{"php": php.String(), "php_binary": binary.String()} {
		values, err := handlers[handler]([]byte(data))
		if err != nil {
			t.Errorf("%s: %v", handler, err)
			continue
		}
		native := maps.Clone(values)
		for _, key := range []string{"a", "o", "e", "r"} {
			delete(native, key)
		}
		want := map[string]any{"n": nil, "b": true, "i": int64(-5), "d": 0.5, "s": "ž", "R": int64(8), "twice": int64(2)}
		if !reflect.DeepEqual(native, want) {
			t.Errorf("%s: %v; want %v", handler, native, want)
		}
		for path, want := range map[string]any{"a 0": int64(7), "o p": int64(8), "r p": int64(8)} {
			if got, _ := lookup(values, strings.Fields(path)...); got != want {
				t.Errorf("%s: %s is %v; want %v", handler, path, got, want)
			}
		}
		if e, _ := values["e"].(phpserialize.Value); e.Case() != "Y" {
			t.Errorf("%s: e is %v", handler, e.Kind())
		}
	}
}

func TestSerializeNames(t *testing.T) {
	values, err := DecodeSerialize([]byte(`a:3:{i:-5;s:4:"five";s:1:"7";i:1;s:1:"x";N;}`))
	want := map[string]any{"-5": "five", "7": int64(1), "x": nil}
	if err != nil || !reflect.DeepEqual(values, want) {
		t.Errorf("%v, %v; want %v", values, err, want)
	}
}

func TestMalformed(t *testing.T) {
	long := strings.Repeat("k", maxKey)
	tests := []struct {
		decode     func([]byte) (map[string]any, error)
		data, want string
	}{
		{DecodePHP, "a|i:1;b", `php: handler php: at byte 6: want a name of at most 4 KiB and "|"`},
		{DecodePHP, "a|i:1;b|", "php: handler php: phpserialize: malformed: at byte 8: want a value"},
		{DecodePHP, "secret|secret", "php: handler php: phpserialize: malformed: at byte 7: want a value"},
		{DecodePHP, "!a|b|i:1;", "php: handler php: phpserialize: malformed: at byte 3: want a value"},
		{DecodePHP, long + "k|i:1;", `php: handler php: at byte 0: want a name of at most 4 KiB and "|"`},
		{DecodePHP, long + "|i:1;", ""},
		{DecodePHP, "a|i:1; b|i:1;", ""}, // " b", as in PHP
		{DecodeBinary, "\x01ai:1;\x05b", "php: handler php_binary: at byte 6: want the length of a name"},
		{DecodeBinary, "\x01ai:1;\x01b", "php: handler php_binary: phpserialize: malformed: at byte 8: want a value"},
		{DecodeBinary, "\x01ai:1;\x02b", "php: handler php_binary: at byte 6: want the length of a name"},
		{DecodeBinary, "\x81ai:1;", ""}, // PHP reads \x01
		{DecodeSerialize, "a:1:{i:0;i:1;}a", "php: handler php_serialize: phpserialize: malformed: at byte 14: want the end of the input"},
		{DecodeSerialize, `O:1:"X":0:{}`, "php: handler php_serialize: the session is no array"},
		{DecodeSerialize, "i:1;", "php: handler php_serialize: the session is no array"},
		{Decode, "a:1:{i:0;", "php: handler php_serialize: phpserialize: malformed: at byte 5: want no more elements than the input has room for"},
		{Decode, "no session", `php: handler php: at byte 0: want a name of at most 4 KiB and "|"`},
		{Decode, "\x80", errMsgpack.Error()},
		{Decode, "\xde\x00\x10", errMsgpack.Error()},
	}
	for _, test := range tests {
		_, err := test.decode([]byte(test.data))
		if text := fmt.Sprint(err); text != test.want && (err != nil || test.want != "") {
			t.Errorf("%.20q: %v; want %s", test.data, err, test.want)
		}
	}
	if _, err := DecodePHP([]byte("a|x")); !errors.Is(err, phpserialize.ErrSyntax) {
		t.Errorf("%v is no ErrSyntax", err)
	}
	if _, err := DecodePHP(make([]byte, 5<<20)); err == nil {
		t.Error("5 MiB are decoded")
	}
}
