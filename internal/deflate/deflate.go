package deflate

import (
	"compress/flate"
	"errors"
	"slices"
	"sync"
)

// Threshold is the length in bytes from which a message is worth compressing:
// see the package's figures.
const Threshold = 256

// Deflate appends to dst the compressed payload of the message src and returns
// the result and true. If that would not be shorter than src, it returns dst as
// it was and false, and src is to be sent as it is. The room behind dst may be
// written to in any case, and must not overlap src. Any number of goroutines may
// call Deflate.
//
// The result depends on nothing but src, so that it is good for every client
// whose Params fit.
//
// Dst grows at most once; with room for len(src) + 4 bytes nothing is allocated.
func Deflate(dst, src []byte) ([]byte, bool) {
	d := deflaters.Get().(*deflater)
	d.out = output{slices.Grow(dst, len(src)+len(tail)), len(dst) + len(src) + len(tail)}
	out, ok := d.deflate(src)
	d.out = output{} // the caller's
	deflaters.Put(d)
	if !ok {
		return dst, false
	}
	return out, true
}

var deflaters = sync.Pool{New: func() any {
	d := new(deflater)
	// The only error is for a level that does not exist.
	d.blocks, _ = flate.NewWriter(&d.out, flate.BestSpeed)
	return d
}}

// tail is what a sender takes off the end of a message (RFC 7692 section 7.2.1).
const tail = "\x00\x00\xff\xff"

// A deflater compresses one message at a time.
type deflater struct {
	blocks *flate.Writer // writes to out
	out    output
}

// deflate appends the compressed src to d.out and reports whether it is shorter.
func (d *deflater) deflate(src []byte) ([]byte, bool) {
	d.blocks.Reset(&d.out)
	if _, err := d.blocks.Write(src); err != nil {
		return nil, false
	}
	// Flush ends with an empty block without compression, whose length is the
	// tail (RFC 7692 section 7.2.1).
	if err := d.blocks.Flush(); err != nil {
		return nil, false
	}
	return d.out.b[:len(d.out.b)-len(tail)], true
}

// An output appends what is written to it, and ends the writing when it becomes
// too long to be of use.
type output struct {
	b     []byte
	limit int // len(b) stays below
}

var errNotShorter = errors.New("deflate: not shorter")

// Write appends p.
func (o *output) Write(p []byte) (int, error) {
	if len(o.b)+len(p) >= o.limit {
		return 0, errNotShorter
	}
	o.b = append(o.b, p...)
	return len(p), nil
}
