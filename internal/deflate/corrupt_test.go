package deflate

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestInflateCorrupt(t *testing.T) {
	cases := map[string]string{
		// The second message of section 7.2.3.2, which refers to the first.
		"window of the message before": "\xf2\x00\x11\x00\x00",

		"unknown kind":         "\xfe",
		"wrong length":         "\x00\x05\x00\xfb\xff\x48\x65\x6c\x6c\x6f\x00",
		"length too long":      "\x00\x0a\x00\xf5\xff\x48\x65\x6c\x6c\x6f\x00",
		"length one too long":  "\x00\x0a\x00\xf5\xff123456789",
		"length far too long":  "\x00\xff\xff\x00\x00\x48",
		"tail as content":      "\x00\x04\x00\xfb\xff",
		"tail as last content": "\x01\x04\x00\xfb\xff",
		"garbage behind":       "\xf2\x48\xcd\xc9\xc9\x07\x00garbage",
		"tail left":            "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff",
		"no block behind":      "\xf2\x48\xcd\xc9\xc9\x07",
		"zeros for ever":       trees(lengthsOf(257, map[int]int{0: 1, endOfBlock: 1}), []int{0}).end(),
		"too far back":         block(0, fixed).fixed('a', 257).code(1, 5).fixed(endOfBlock).end(),
		"back at the start":    block(0, fixed).fixed(257).code(0, 5).fixed(endOfBlock).end(),
		"unknown length":       block(0, fixed).fixed('a', 286).code(0, 5).fixed(endOfBlock).end(),
		"last unknown length":  block(0, fixed).fixed('a', 287).code(0, 5).fixed(endOfBlock).end(),
		"unknown distance":     block(0, fixed).fixed('a', 257).code(30, 5).fixed(endOfBlock).end(),
		"last unknown dist.":   block(0, fixed).fixed('a', 257).code(31, 5).fixed(endOfBlock).end(),
		"distance, no code":    trees(lengthsOf(258, map[int]int{'a': 1, endOfBlock: 2, 257: 2}), []int{0}).code(0, 1).code(3, 2).code(0, 1).code(2, 2).end(),
		"the other distance":   trees(lengthsOf(258, map[int]int{'a': 1, endOfBlock: 2, 257: 2}), []int{1}).code(0, 1).code(3, 2).code(1, 1).code(2, 2).end(),
		"too many literals":    trees(lengthsOf(287, map[int]int{endOfBlock: 1}), []int{0}).code(0, 1).end(),
		"too many of both":     trees(lengthsOf(288, map[int]int{endOfBlock: 1}), make([]int, 32)).code(0, 1).end(),
		"too many distances":   trees(lengthsOf(257, map[int]int{endOfBlock: 1}), make([]int, 31)).code(0, 1).end(),
		"too many codes":       trees(lengthsOf(257, map[int]int{'a': 1, 'b': 1, endOfBlock: 1}), []int{0}).code(0, 1).end(),
		"too few codes":        trees(lengthsOf(257, map[int]int{'a': 2, endOfBlock: 1}), []int{0}).code(0, 1).end(),
		"a single long code":   trees(lengthsOf(257, map[int]int{endOfBlock: 2}), []int{0}).code(0, 2).end(),
		"too many distances 2": trees(lengthsOf(257, map[int]int{endOfBlock: 1}), []int{1, 1, 1}).code(0, 1).end(),
		"no code at all":       trees(make([]int, 257), []int{0}).end(),
		"no end":               trees(lengthsOf(257, map[int]int{'a': 1}), []int{0}).code(0, 1).end(),
		// Trees whose lengths are written in two codes: 0 is length 1, 1 the other.
		"nothing to repeat":    twoLengths(16).code(1, 1).number(0, 2).end(),
		"one too many":         twoLengths(18).code(0, 1).code(1, 1).number(138-11, 7).code(1, 1).number(120-11, 7).code(0, 1).end(),
		"lengths without tree": block(0, dynamic).number(0, 5).number(0, 5).number(0, 4).number(0, 12).end(),
	}
	for name, src := range cases {
		// What was there before must not be mistaken for a window.
		dst := []byte("Hello, Hello, Hello")
		got, err := Inflate(dst, slices.Clip([]byte(src)), 1000)
		if err != ErrCorrupt || string(got) != string(dst) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if out, ok := reference([]byte(src)); ok {
			t.Errorf("%s: compress/flate has %q", name, out)
		}
	}
}

// A message that was cut off must not pass for a shorter one.
func TestInflateCut(t *testing.T) {
	message := []byte(strings.Repeat("to be, or not to be? ", 3) + "0123456789")
	for level := -2; level <= 9; level++ {
		src := compressed(t, level, message)
		if got, err := Inflate(nil, src, len(message)); err != nil || !bytes.Equal(got, message) {
			t.Fatalf("level %d: %q, %v", level, got, err)
		}
		for n := 1; n < len(src); n++ {
			if string(src[:n]) == "\x00" {
				continue // the empty message
			}
			if got, err := Inflate(nil, src[:n], 10*len(message)); err != ErrCorrupt {
				t.Errorf("level %d, %d of %d bytes: %q, %v", level, n, len(src), got, err)
			}
		}
	}
}
