package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"testing"
)

// compressed returns what compress/flate makes of a message.
func compressed(tb testing.TB, level int, message []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(message); err != nil {
		tb.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	out, ok := bytes.CutSuffix(b.Bytes(), []byte(tail))
	if !ok {
		tb.Fatal("a message without a tail")
	}
	return out
}

// check compares Inflate with compress/flate for a message that is good.
func check(t *testing.T, src []byte) {
	t.Helper()
	want, ok := reference(src)
	if !ok {
		t.Fatalf("not a good message: %x", src)
	}
	got, err := Inflate(nil, src, len(want))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v, want %d", len(got), err, len(want))
	}
	if len(want) > 0 {
		if _, err := Inflate(nil, src, len(want)-1); err != ErrTooBig {
			t.Error("one byte too many:", err)
		}
	}
}

// reference inflates a message by compress/flate, which wants a final block at
// the end. It does so twice, with tails that differ in a byte of content, so that
// no block of src that goes on there can be whole with both.
func reference(src []byte) ([]byte, bool) {
	if len(src) == 0 {
		return nil, true
	}
	one, ok1, ended := inflateStd(src, tail+"\x03\x00")
	two, ok2, _ := inflateStd(src, "\x01\x00\xfe\xff.\x01\x00\x00\xff\xff")
	if !ended {
		ok2 = ok2 && bytes.HasSuffix(two, []byte("."))
		two = bytes.TrimSuffix(two, []byte("."))
	}
	return one, ok1 && ok2 && bytes.Equal(one, two)
}

// inflateStd inflates src and what is to follow it. A final block that ends where
// src does ends all.
func inflateStd(src []byte, behind string) (out []byte, ok, ended bool) {
	r := bytes.NewReader(append(bytes.Clone(src), behind...))
	total := r.Len()
	for {
		window := out[max(0, len(out)-1<<15):]
		b, err := io.ReadAll(flate.NewReaderDict(r, window))
		out = append(out, b...)
		if err != nil {
			return out, false, false
		}
		if read := total - r.Len(); read == total || read == len(src) {
			return out, true, read == len(src)
		}
	}
}

func FuzzInflate(f *testing.F) {
	for _, c := range good {
		f.Add([]byte(c.src), uint16(len(c.want)))
	}
	for _, b := range hostileBlocks {
		f.Add([]byte(b+b+"\x00"), uint16(10))
	}
	for level := -2; level <= 9; level++ {
		f.Add(compressed(f, level, []byte(strings.Repeat("to be, or not to be? ", 20))), uint16(1000))
	}
	f.Fuzz(func(t *testing.T, src []byte, limit uint16) {
		want, ok := reference(src)
		dst := []byte("what was there before")
		got, err := Inflate(dst, src, int(limit))
		switch {
		case err != nil && string(got) != string(dst):
			t.Errorf("%v, but %q", err, got)
		case !ok && err == nil:
			t.Errorf("got %q, want an error", got)
		case ok && len(want) > int(limit) && err != ErrTooBig:
			t.Errorf("%d bytes with a limit of %d: %v", len(want), limit, err)
		case ok && len(want) <= int(limit) && (err != nil || string(got) != string(dst)+string(want)):
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})
}
