package decorator

import (
	"strings"
	"testing"
)

// A key is safe if each of its bytes is, wherever it stands.
func TestIsSafe(t *testing.T) {
	for b := range 256 {
		want := b > ' ' && b < 0x7f
		for at := range 19 {
			key := []byte("xxxxxxxxxxxxxxxxxxx")
			key[at] = byte(b)
			for _, key := range []string{string(key), string(key[:at+1])} {
				if got := isSafe(key); got != (want && key[0] != hashMark) {
					t.Fatalf("isSafe(%q) = %v", key, got)
				}
			}
		}
	}
}

// FuzzKey checks that every key becomes one that all caches take, and that two
// keys do not become one.
func FuzzKey(f *testing.F) {
	f.Add("rollcall:p:NVksPDpeD18:0", "rollcall:p:NVksPDpeD18:1")
	f.Add("a b", "~"+strings.Repeat("x", 43))
	f.Add("", "\x00")
	f.Add("~", "~~")
	f.Add(strings.Repeat("k", 201), strings.Repeat("k", 200))
	f.Add(safeKey("a b"), "a b")
	f.Fuzz(func(t *testing.T, a, b string) {
		sa, sb := safeKey(a), safeKey(b)
		if sa == "" || len(sa) > maxKeyLen || strings.ContainsFunc(sa, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q becomes %q", a, sa)
		}
		if a != b && sa == sb {
			t.Errorf("%q and %q both become %q", a, b, sa)
		}
	})
}
