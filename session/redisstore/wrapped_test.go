package redisstore

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is no value of phpredis' options is not taken for one: real sessions of
// all encodings, also deflated, and random bytes, as encrypted sessions are.
func TestNotWrapped(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	check := func(v string) {
		if how := wrapped(v); how != "" {
			t.Errorf("seed %d: %.60q is taken for %s", seed, v, how)
		}
	}
	files, err := filepath.Glob("../*/testdata/*/*.sess")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if isPHPString(string(data)) {
			t.Errorf("%s is taken for a serialized string", file)
		}
		check(string(data))
		for level := range 10 {
			check(deflate(t, data, level))
		}
	}
	for range 300_000 {
		b := make([]byte, 30+random.IntN(400))
		for i := 0; i < len(b); i += 8 {
			bits := random.Uint64()
			for j := i; j < min(i+8, len(b)); j++ {
				b[j] = byte(bits >> (8 * (j - i)))
			}
		}
		check(string(b))
	}
	for _, v := range []string{
		"", "a", "\x00", "\x1f", "\"", "\"\"", "s:", "s:1", "s:9:\"", `"a|s:1:"x";`, `"open|i:1;`, `{"cookie":{},"user":"x"}`,
		"\x01ai:1;", "\x1f" + strings.Repeat("k", 31) + "i:1;", "\x00\x00\x00\x02\x14\x00", "\x00\x00\x00\x02", "\x0f_sf2_attributesa:0:{}",
		"\x05", "\x05abcde", "\x1fabcd", "\xe0", "\x04abcde\xff", "\x04abcde", "\xd3\x51\x01\x00\x00\x40abcd", "\xd2\x51\x01\x00\x00\xf0", "\xd2\x51\x01\x00\x00\xff\xff\xff", "\xd2\x51\x01\x00\x00", "\x04abcde\xe0", "\x04abcde\x20",
	} {
		check(v)
	}
}

func deflate(t *testing.T, data []byte, level int) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	w.Close()
	return b.String()
}

func TestPHPString(t *testing.T) {
	for v, want := range map[string]bool{
		`s:0:"";`: true, `s:3:"abc";`: true, `s:3:"";"";`: true, "s:4:\"\x00\xff\r\n\";": true,
		`s:3:"ab";`: false, `s:2:"abc";`: false, `s:3:"abc"`: false, `s:3:"abcxy`: false, `s:-1:"";`: false, `s::"";`: false, `s:3:abc;`: false,
		`s:99999999999999999999:"";`: false, `s:18446744073709551617:"a";`: false, `s:9223372036854775807:"a";`: false, "": false, "s:": false,
		`S:3:"abc";`: false, `a:3:"abc";`: false,
	} {
		if got := isPHPString(v); got != want {
			t.Errorf("%q: %v", v, got)
		}
	}
}

// Whatever the bytes are, the tests are linear and read no byte too many.
func FuzzWrapped(f *testing.F) {
	for _, v := range []string{
		"", "s:3:\"abc\";", "\x00\x00\x00\x02\x11\x06a|i:1;", "\"a|i:1;\"", "\x28\xb5\x2f\xfd\x20\x06\x31\x00\x00a|i:1;",
		"\xde\x06\x00\x00\x00\x60a|i:1;", "\x05a|i:1;", "\x05a|i:1;\xe0\x00\x00", "\x04abcde\x20\x00",
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		wrapped(v)
		isPHPString(v)
		if walksLZF(v) && walksLZF(v+"\x20") { // which lacks its second byte
			t.Errorf("%q", v)
		}
	})
}
