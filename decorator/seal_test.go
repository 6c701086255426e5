package decorator_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

const sealedLen = 1 + 4 + 12 + 16 // without the value

func mustSave(t testing.TB, d clientstorage.Driver, key, value string) {
	t.Helper()
	if err := d.Save(t.Context(), key, []byte(value), time.Minute); err != nil {
		t.Fatal(err)
	}
}

func mustFetch(t testing.TB, d clientstorage.Driver, key string) []byte {
	t.Helper()
	value, err := d.Fetch(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSealHides(t *testing.T) {
	memory := new(clientstorage.MemoryDriver)
	d := seal(t, memory, sealKey(1))
	mustSave(t, d, "key", "alice, alice, alice")
	first := mustFetch(t, memory, "key")
	mustSave(t, d, "key", "alice, alice, alice")
	second := mustFetch(t, memory, "key")
	if bytes.Contains(first, []byte("alice")) || bytes.Equal(first, second) {
		t.Errorf("the backend holds %q and then %q", first, second)
	}
	if want := sealedLen + len("alice, alice, alice"); len(first) != want {
		t.Errorf("the sealed value has %d bytes; want %d", len(first), want)
	}
}

func TestSealRotation(t *testing.T) {
	memory := new(clientstorage.MemoryDriver)
	before := seal(t, memory, sealKey(1))
	ready := seal(t, memory, sealKey(1), sealKey(2))
	during := seal(t, memory, sealKey(2), sealKey(1))
	after := seal(t, memory, sealKey(2))

	mustSave(t, before, "key", "old")
	for _, d := range []clientstorage.Driver{before, ready, during} {
		if got := mustFetch(t, d, "key"); string(got) != "old" {
			t.Errorf("Fetch: %q; want old", got)
		}
	}
	if value, err := after.Fetch(t.Context(), "key"); !errors.Is(err, clientstorage.ErrCorrupt) {
		t.Errorf("Fetch without the old key: %q, %v; want ErrCorrupt", value, err)
	}
	mustSave(t, during, "key", "new")
	for _, d := range []clientstorage.Driver{ready, during, after} {
		if got := mustFetch(t, d, "key"); string(got) != "new" {
			t.Errorf("Fetch: %q; want new", got)
		}
	}
}

// Whatever is done to a sealed value, it is corrupt, one at a time or among
// others, and the error tells nothing of it.
func TestSealBroken(t *testing.T) {
	ctx := t.Context()
	memory := new(clientstorage.MemoryDriver)
	d := seal(t, memory, sealKey(1))
	mustSave(t, d, "key", "alice")
	genuine := mustFetch(t, memory, "key")
	broken := map[string][]byte{
		"empty":    {},
		"unsealed": []byte("a value that was never sealed, of alice"),
		"longer":   append(bytes.Clone(genuine), 0),
	}
	for i := range genuine {
		flipped := bytes.Clone(genuine)
		flipped[i] ^= 1 << (i % 8)
		broken["bit of byte "+string(rune('0'+i))] = flipped
		broken["cut at "+string(rune('0'+i))] = genuine[:i]
	}
	for name, b := range broken {
		if err := memory.Save(ctx, "key", b, time.Minute); err != nil {
			t.Fatal(err)
		}
		value, err := d.Fetch(ctx, "key")
		if !errors.Is(err, clientstorage.ErrCorrupt) || value != nil {
			t.Errorf("%s: %q, %v; want ErrCorrupt", name, value, err)
		}
		if err != nil && strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: the error quotes the value: %v", name, err)
		}
		if values, err := clientstorage.FetchMany(ctx, d, []string{"absent", "key"}); !errors.Is(err, clientstorage.ErrCorrupt) || values != nil {
			t.Errorf("%s: FetchMany: %q, %v; want ErrCorrupt", name, values, err)
		}
	}
	if err := memory.Save(ctx, "moved", genuine, time.Minute); err != nil {
		t.Fatal(err)
	}
	if value, err := d.Fetch(ctx, "moved"); !errors.Is(err, clientstorage.ErrCorrupt) {
		t.Errorf("moved to another key: %q, %v; want ErrCorrupt", value, err)
	}
}

func TestSealKeys(t *testing.T) {
	for name, keys := range map[string][][]byte{
		"no key":                 {},
		"a short key":            {sealKey(1), make([]byte, 16)},
		"an empty key":           {nil},
		"a long key":             {make([]byte, 33)},
		"a key that is the same": {sealKey(1), sealKey(2), sealKey(1)},
	} {
		d, err := decorator.Seal(new(clientstorage.MemoryDriver), keys...)
		if err == nil || d != nil {
			t.Errorf("Seal with %s: %v, %v; want an error", name, d, err)
		}
	}
}

// golden are values sealed under "key" with sealKey(1), as they lie in caches.
var golden = map[string]string{
	"":      "01fd0d1b479a6d104ab65067dde5b1643cc1d6dee7e3afc4ea2ddece181197d481",
	"alice": "01fd0d1b47b6eb79722bd5861cf73be6e0f30935d683ff3ce40c307d185533a0587b439a4d5b",
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealFormat(t *testing.T) {
	memory := new(clientstorage.MemoryDriver)
	d := seal(t, memory, sealKey(2), sealKey(1))
	for want, sealed := range golden {
		mustSave(t, memory, "key", string(unhex(t, sealed)))
		if got := mustFetch(t, d, "key"); string(got) != want {
			t.Errorf("Fetch: %q; want %q", got, want)
		}
	}
}

func FuzzSeal(f *testing.F) {
	genuine := make(map[string]string) // key and sealed value, to the value
	for value, sealed := range golden {
		b := unhex(f, sealed)
		genuine["key\x00"+string(b)] = value
		f.Add("key", b)
		f.Add("other", b)
		f.Add("key", b[:len(b)-1])
	}
	f.Add("", []byte{})
	f.Add("key", []byte{1})
	memory := new(clientstorage.MemoryDriver)
	d := seal(f, memory, sealKey(1), sealKey(2))
	f.Fuzz(func(t *testing.T, key string, b []byte) {
		mustSave(t, memory, key, string(b))
		value, err := d.Fetch(t.Context(), key)
		want, ok := genuine[key+"\x00"+string(b)]
		switch {
		case ok && (err != nil || string(value) != want):
			t.Errorf("a genuine value: %q, %v; want %q", value, err, want)
		case !ok && !errors.Is(err, clientstorage.ErrCorrupt):
			t.Errorf("a forged value: %q, %v; want ErrCorrupt", value, err)
		}
	})
}
