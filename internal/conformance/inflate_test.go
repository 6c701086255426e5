package conformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
	"testing"
)

// pack compresses data as one message.
func pack(t testing.TB, level int, data string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, data)
	w.Flush()
	return b.Bytes()
}

// What compress/flate writes, is inflated as it was.
func TestInflateWithin(t *testing.T) {
	t.Parallel()
	for _, c := range corpora {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			data := c.data()[:50000]
			got, err := inflateWithin(32768, nil, pack(t, level, data))
			if err != nil || string(got) != data {
				t.Errorf("%s at level %d: %d bytes and %v, want %d", c.about, level, len(got), err, len(data))
			}
		}
	}
}

// A distance may be as long as the window, and no longer.
func TestInflateWithinWindow(t *testing.T) {
	t.Parallel()
	random := pdf()[100:1100]
	src := pack(t, flate.BestCompression, random+random)
	if got, err := inflateWithin(1000, nil, src); err != nil || string(got) != random+random {
		t.Errorf("with a window of 1000: %d bytes and %v", len(got), err)
	}
	if _, err := inflateWithin(999, nil, src); err == nil || !strings.Contains(err.Error(), "distance of 1000") {
		t.Errorf("with a window of 999: %v, want an error about the distance", err)
	}

	// RFC 7692, section 7.2.3.2: a message that refers to the one before.
	const again = "\xf2\x00\x11\x00\x00" + tail
	if got, err := inflateWithin(512, []byte("Hello"), []byte(again)); err != nil || string(got) != "Hello" {
		t.Errorf("with history: %q and %v, want Hello", got, err)
	}
	if _, err := inflateWithin(512, nil, []byte(again)); err == nil {
		t.Error("without history: no error")
	}
}

// Both ways of inflating notice a server that does not keep its promises.
func TestDecompressKeepsServersToTheirWord(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{9, 15} {
		for _, noTakeover := range []bool{false, true} {
			d := newDeflate(deflateParams{serverBits: bits, clientBits: 15, serverNoTakeover: noTakeover})
			if got, err := d.decompress([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00")); err != nil || string(got) != "Hello" {
				t.Fatalf("%q and %v, want Hello", got, err)
			}
			got, err := d.decompress([]byte("\xf2\x00\x11\x00\x00"))
			if noTakeover && err == nil || !noTakeover && string(got) != "Hello" {
				t.Errorf("bits %d, no takeover %v: %q and %v", bits, noTakeover, got, err)
			}
		}
	}
}

// The client keeps its own promises.
func TestCompressKeepsToTheWindow(t *testing.T) {
	t.Parallel()
	message := strings.Repeat(pdf()[100:800], 10)
	for _, p := range []deflateParams{{clientBits: 8}, {clientBits: 9}, {clientBits: 15}, {clientBits: 15, clientNoTakeover: true}} {
		d := newDeflate(p)
		var history []byte
		for range 3 {
			got, err := inflateWithin(1<<p.clientBits, history, []byte(d.compress(message)+tail))
			if err != nil || string(got) != message {
				t.Errorf("%+v: %d bytes and %v, want %d", p, len(got), err, len(message))
			}
			if !p.clientNoTakeover {
				history = append(history, got...)
			}
		}
	}
}

// Whatever a server sends, inflating agrees with compress/flate.
func FuzzInflateWithin(f *testing.F) {
	f.Add([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00" + tail))
	f.Add([]byte("\x00\x05\x00\xfa\xffHello\x00" + tail))
	f.Add([]byte("\x07"))
	f.Add(pack(f, flate.BestCompression, jsonText()[:3000]))
	f.Add(pack(f, flate.HuffmanOnly, prose()[:1000]))
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 10000 {
			return
		}
		got, err := inflateWithin(32768, nil, src)
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(src)), maxFrame))
		ended := wantErr == nil || errors.Is(wantErr, io.ErrUnexpectedEOF) // a message has no last block
		if err == nil && (!ended || !bytes.Equal(got, want)) {
			t.Errorf("%d bytes, but compress/flate has %d and %v", len(got), len(want), wantErr)
		}
		if err != nil && wantErr == nil {
			t.Errorf("%v, but compress/flate inflates %d bytes", err, len(want))
		}
	})
}
