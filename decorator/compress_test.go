package decorator

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func TestCompress(t *testing.T) {
	page := []byte(strings.Repeat("alice@example.com ROLE_USER ", 16))
	if b := deflate(page); len(b) >= len(page)/2 {
		t.Errorf("%d bytes become %d", len(page), len(b))
	}
	huge := make([]byte, maxExpanded+1) // would shrink to nothing
	for _, value := range [][]byte{nil, {0}, {1}, page, []byte("short"), huge} {
		b := deflate(value)
		if len(b) > len(value)+1 {
			t.Errorf("%d bytes become %d", len(value), len(b))
		}
		if got, err := inflate(b); err != nil || got == nil || !bytes.Equal(got, value) {
			t.Errorf("%d bytes come back as %d, %v", len(value), len(got), err)
		}
	}
}

// bomb is a stream that expands to n bytes and says that they are length.
func bomb(n int, length uint32) []byte {
	b := bytes.NewBuffer(binary.BigEndian.AppendUint32([]byte{storedDeflated}, length))
	w, _ := flate.NewWriter(b, flate.BestCompression)
	w.Write(make([]byte, n))
	w.Close()
	return b.Bytes()
}

func TestCompressHostile(t *testing.T) {
	good := deflate([]byte(strings.Repeat("a", 100)))
	for name, b := range map[string][]byte{
		"empty":            {},
		"unknown form":     {7, 1, 2, 3},
		"no stream":        {storedDeflated, 0, 0, 0, 1},
		"cut short":        good[:len(good)-1],
		"more behind":      append(bytes.Clone(good), 'x'),
		"expands too far":  bomb(64<<20, 64<<20),
		"longer than said": bomb(64<<20, 100),
		"4 GiB said":       bomb(1, 1<<32-1),
		"4 MiB said":       bomb(1, maxExpanded),
	} {
		if got, err := inflate(b); !errors.Is(err, clientstorage.ErrCorrupt) {
			t.Errorf("%s: %d bytes, %v; want ErrCorrupt", name, len(got), err)
		}
	}
}

// FuzzCompress checks that hostile bytes are corrupt or a bounded value, and
// that every value comes back.
func FuzzCompress(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(deflate([]byte(strings.Repeat("alice ROLE_USER ", 16))))
	f.Add(bomb(1<<20, 1<<20))
	f.Add([]byte{storedPlain, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := inflate(b)
		if err != nil && !errors.Is(err, clientstorage.ErrCorrupt) || len(got) > max(maxExpanded, len(b)) {
			t.Errorf("%x expands to %d bytes, %v", b, len(got), err)
		}
		if got, err := inflate(deflate(b)); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%x comes back as %x, %v", b, got, err)
		}
	})
}
