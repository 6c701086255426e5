package deflate

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestDeflateRoundTrip(t *testing.T) {
	text := []byte(strings.Repeat("When in the course of human events, it becomes necessary; ", 2500))
	for _, around := range []int{0, 128, Threshold, 1 << 12, 1 << 15, 1 << 16, 1 << 17} {
		for n := max(0, around-40); n < around+40; n++ {
			got, ok := Deflate([]byte("before"), text[:n])
			if n >= Threshold && !ok {
				t.Errorf("%d bytes of text do not get shorter", n)
			}
			if !ok {
				if string(got) != "before" {
					t.Errorf("%d bytes: %q", n, got)
				}
				continue
			}
			src, found := bytes.CutPrefix(got, []byte("before"))
			if !found || len(src) >= n {
				t.Errorf("%d bytes: became %d", n, len(src))
			}
			check(t, src)
			if back, err := Inflate(nil, src, n); err != nil || !bytes.Equal(back, text[:n]) {
				t.Errorf("%d bytes: became %d, %v", n, len(back), err)
			}
		}
	}
}

// What gets no shorter is left as it is, however long it is.
func TestDeflateInVain(t *testing.T) {
	noise := make([]byte, 1<<18)
	rand.NewChaCha8([32]byte{3}).Read(noise)
	dst := append(make([]byte, 0, 10), "before"...)
	for _, n := range []int{0, 1, 2, 3, 4, 5, 10, 100, 1000, 1 << 15, 1<<16 - 1, 1 << 16, 1<<16 + 1, 1 << 18} {
		if got, ok := Deflate(dst, noise[:n]); ok || string(got) != "before" || cap(got) != cap(dst) {
			t.Errorf("%d bytes of noise: %v, %d bytes", n, ok, len(got))
		}
	}
}

// It must be shorter, by a byte at least.
func TestDeflateShorter(t *testing.T) {
	noise := make([]byte, 1000)
	rand.NewChaCha8([32]byte{3}).Read(noise)
	seen := map[int]bool{}
	for n := range 20 {
		for m := range 20 {
			src := append(noise[:n:n], strings.Repeat("a", m)...)
			c := compressed(t, 1, src)
			seen[len(src)-len(c)] = true
			got, ok := Deflate(nil, src)
			if want := len(c) < len(src); ok != want || ok && !bytes.Equal(got, c) {
				t.Fatalf("%d bytes, compressed %d: %v, %d", len(src), len(c), ok, len(got))
			}
		}
	}
	if !seen[0] || !seen[1] {
		t.Error("no message that is not quite short enough")
	}
}

// The same message is the same for every client, whatever came before.
func TestDeflateKeepsNothing(t *testing.T) {
	message := []byte(strings.Repeat("said to everybody ", 50))
	first, _ := Deflate(nil, message)
	for i := range 100 {
		Deflate(nil, bytes.Repeat([]byte{byte(i), 'x'}, 100*i))
		if again, _ := Deflate(nil, message); !bytes.Equal(again, first) {
			t.Fatalf("%x, before it was %x", again, first)
		}
	}
}

func TestDeflateAllocs(t *testing.T) {
	noise := make([]byte, 10000)
	rand.NewChaCha8([32]byte{5}).Read(noise)
	message := hex.AppendEncode(nil, noise)
	dst := make([]byte, 0, len(message)+4)
	if n := allocs(func() { Deflate(dst, message) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	// One; the race detector adds one of its own.
	if n := allocs(func() { Deflate(nil, message) }); n > 2 {
		t.Errorf("%v allocations for a new slice", n)
	}
}

func FuzzDeflate(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("Hello"))
	f.Add([]byte(strings.Repeat("Hello", 100)))
	f.Fuzz(func(t *testing.T, message []byte) {
		src, ok := Deflate(nil, message)
		if !ok {
			return
		}
		if len(src) >= len(message) {
			t.Errorf("%d bytes became %d", len(message), len(src))
		}
		if got, err := Inflate(nil, src, len(message)); err != nil || !bytes.Equal(got, message) {
			t.Errorf("got %q, %v", got, err)
		}
		if got, ok := reference(src); !ok || !bytes.Equal(got, message) {
			t.Errorf("compress/flate has %q, %v", got, ok)
		}
	})
}
