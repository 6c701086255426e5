package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// events reads a server's stream to its end.
func events(stream string, d *deflate) ([]event, error) {
	in := incoming{r: bufio.NewReader(strings.NewReader(stream)), deflate: d}
	var all []event
	for {
		e, err := in.next()
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
}

func TestReadEvents(t *testing.T) {
	t.Parallel()
	got, err := events("\x81\x02hi\x89\x01p\x01\x01h\x8a\x00\x80\x01i\x82\x01\xff\x88\x02\x03\xe8", nil)
	want := []event{{textMessage, "hi"}, {pingFrame, "p"}, {pongFrame, ""}, {textMessage, "hi"}, {binaryMessage, "\xff"}, {closeFrame, "\x03\xe8"}}
	if err != io.EOF || !slices.Equal(got, want) {
		t.Errorf("%v and %v, want %v and EOF", got, err, want)
	}
}

// What a server must not send, is a violation.
func TestReadViolations(t *testing.T) {
	t.Parallel()
	deflate := func() *deflate { return newDeflate(deflateParams{serverBits: 15, clientBits: 15}) }
	for name, stream := range map[string]string{
		"mask":                       "\x81\x82\x00\x00\x00\x00hi",
		"length in two bytes":        "\x81\x7e\x00\x02hi",
		"length in eight bytes":      "\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x02hi",
		"length too large":           "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
		"reserved opcode":            "\x83\x00",
		"reserved control opcode":    "\x8b\x00",
		"RSV1 on a ping":             "\xc9\x00",
		"RSV2":                       "\xa1\x00",
		"RSV1 on a continuation":     "\x01\x01h\xc0\x01i",
		"fragmented ping":            "\x09\x00",
		"long ping":                  "\x89\x7e\x00\x7e" + strings.Repeat("*", 126),
		"continuation of nothing":    "\x80\x00",
		"text between fragments":     "\x01\x01h\x81\x01i",
		"text that is not UTF-8":     "\x81\x01\xff",
		"close of one byte":          "\x88\x01\x03",
		"close reason not UTF-8":     "\x88\x03\x03\xe8\xff",
		"bytes after close":          "\x88\x02\x03\xe8\x81\x00",
		"compressed, no DEFLATE":     "\xc1\x01\x07",
		"compressed, inflated twice": "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x02\x07\x00",
	} {
		_, err := events(stream, deflate())
		if v := violation(""); !errors.As(err, &v) {
			t.Errorf("%s: %v, want a violation", name, err)
		}
	}
	if _, err := events("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", nil); err == io.EOF {
		t.Error("compressed, but not negotiated: no violation")
	}
	if _, err := events("\x81\x05hi", nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v, want an unexpected EOF", err)
	}
}

// No stream makes the reader panic, or have more events than it has bytes.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\x81\x02hi\x89\x01p\x01\x01h\x8a\x00\x80\x01i\x82\x01\xff\x88\x02\x03\xe8"), true)
	f.Add([]byte("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), true)
	f.Add([]byte("\x81\x7e\x00\x7e"+strings.Repeat("*", 126)), false)
	f.Fuzz(func(t *testing.T, stream []byte, compressed bool) {
		var d *deflate
		if compressed {
			d = newDeflate(deflateParams{serverBits: 9, clientBits: 15})
		}
		got, err := events(string(stream), d)
		if err == nil || len(got)*2 > len(stream) {
			t.Errorf("%d events of %d bytes, and %v", len(got), len(stream), err)
		}
	})
}

// A frame is read as it was written.
func TestEncode(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 7, 8, 9, 125, 126, 65535, 65536} {
		f := bin(strings.Repeat("*", size))
		f.unmasked = true
		got, err := events(string(f.encode(nil, [4]byte{})), nil)
		if err != io.EOF || !slices.Equal(got, []event{echo(f)}) {
			t.Errorf("%d bytes: %v and %v", size, got, err)
		}
		masked := bin(f.payload).encode(nil, [4]byte{1, 2, 3, 4})
		plain := masked[len(masked)-size:]
		for i := range plain {
			plain[i] ^= byte(i&3 + 1)
		}
		if !bytes.Equal(plain, []byte(f.payload)) {
			t.Errorf("%d bytes are not masked as they should be", size)
		}
	}
}
