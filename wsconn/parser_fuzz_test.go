package wsconn

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

const fuzzMax = 300 // of a message: less than some seeds have

// A transcript is what a parser, ours or the reference, makes of some bytes.
type transcript struct {
	parts []part
	code  ws.StatusCode // of the violation that ended it, or 0
}

func (tr transcript) String() string {
	return fmt.Sprintf("code %d, parts %+v", tr.code, tr.parts)
}

// FuzzParser compares the parser with a plain reference, whatever pieces the
// bytes come in.
func FuzzParser(f *testing.F) {
	mask := [4]byte{1, 2, 3, 4}
	frame := func(fin bool, op ws.OpCode, payload string) []byte {
		return ws.MustCompileFrame(ws.MaskFrameWith(ws.NewFrame(op, fin, []byte(payload)), mask))
	}
	long := string(bytes.Repeat([]byte("é"), 140))
	for _, seed := range [][][]byte{
		{},
		{frame(true, ws.OpText, "hello"), frame(true, ws.OpBinary, "\xff"), frame(true, ws.OpClose, "\x03\xe8")},
		{frame(false, ws.OpText, "\xe2\x82"), frame(true, ws.OpPing, "?"), frame(true, ws.OpContinuation, "\xac")},
		{frame(false, ws.OpText, "a"), frame(false, ws.OpContinuation, ""), frame(true, ws.OpContinuation, "\xff")},
		{frame(true, ws.OpText, long), frame(true, ws.OpText, long+long)},
		{frame(false, ws.OpBinary, long), frame(true, ws.OpContinuation, long)},
		{frame(true, ws.OpContinuation, "of nothing")},
		{frame(false, ws.OpPing, "in pieces")},
		{frame(true, 3, "reserved")},
		{ws.MustCompileFrame(ws.NewTextFrame([]byte("not masked")))},
		{{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1}},             // the top bit, and no mask yet
		{{0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}}, // 2^62
		{{0x82, 0xfe, 0, 3, 1, 2, 3, 4, 5, 6, 7}},             // a length longer than it need be
		{{0xf1, 0x80, 1, 2, 3, 4}},
	} {
		data := bytes.Join(seed, nil)
		f.Add(data, []byte{1})
		f.Add(data, []byte{255})
		f.Add(data, []byte{3, 1, 7, 2})
	}
	f.Fuzz(func(t *testing.T, data, cuts []byte) {
		want := reference(data)
		for _, p := range want.parts {
			if len(p.payload) > fuzzMax {
				t.Fatalf("the reference delivers %d bytes", len(p.payload))
			}
		}
		for name, cuts := range map[string][]byte{"at once": nil, "byte by byte": {1}, "as given": cuts} {
			got := parse(t, data, cuts)
			if got.code != want.code || !slices.EqualFunc(got.parts, want.parts, func(a, b part) bool {
				return a.op == b.op && bytes.Equal(a.payload, b.payload)
			}) {
				t.Errorf("%s:\n got %v\nwant %v", name, got, want)
			}
		}
	})
}

// parse has the parser read data in pieces of the lengths in cuts, over and
// over, as a connection would.
func parse(t *testing.T, data, cuts []byte) (tr transcript) {
	var p parser
	data = bytes.Clone(data) // it is unmasked in place
	var rest []byte
	for i, arrived := 0, 0; ; i++ {
		for len(rest) > 0 {
			found, n, err := p.next(rest, rules{max: fuzzMax})
			if err != nil {
				ce, ok := errors.AsType[CloseError](err)
				if !ok {
					t.Fatalf("the error is %v, no CloseError", err)
				}
				tr.code = ce.Code
				return tr
			}
			if n == 0 {
				break
			}
			rest = rest[n:]
			if found.op != 0 {
				tr.parts = append(tr.parts, part{op: found.op, payload: bytes.Clone(found.payload)})
			}
		}
		if len(rest) > ws.MaxHeaderSize+ws.MaxControlFramePayloadSize {
			t.Fatalf("%d bytes are kept", len(rest))
		}
		if most := 2*arrived + 64; cap(p.message) > most {
			t.Fatalf("after %d bytes the message has room for %d", arrived, cap(p.message))
		}
		if p.idle() && !reflect.DeepEqual(p, parser{}) {
			t.Fatalf("between messages there is %+v", p)
		}
		if arrived == len(data) {
			return tr
		}
		piece := len(data)
		if len(cuts) > 0 {
			piece = max(1, int(cuts[i%len(cuts)]))
		}
		end := min(arrived+piece, len(data))
		rest = append(bytes.Clone(rest), data[arrived:end]...)
		arrived = end
	}
}

// reference reads data with what gobwas/ws has for one frame, and keeps no state
// but the message so far.
func reference(data []byte) (tr transcript) {
	var message []byte
	var op ws.OpCode
	state := ws.StateServerSide
	for end := 0; ; {
		// With enough bytes behind it, a header that is cut shows by its length.
		rest := data[end:]
		r := bytes.NewReader(append(bytes.Clone(rest), make([]byte, ws.MaxHeaderSize)...))
		h, err := ws.ReadHeader(r)
		size := int(r.Size()) - r.Len()
		long := size >= 2+8 && h.Length < 1<<16 || size >= 2+2 && h.Length < 126
		if h.Masked {
			long = size >= 2+8+4 && h.Length < 1<<16 || size >= 2+2+4 && h.Length < 126
		}
		if errors.Is(err, ws.ErrHeaderLengthMSB) {
			size = 2 + 8 // no need to wait for the mask
		} else if long && h.Masked {
			size -= 4
		}
		switch {
		case len(rest) < size:
			return tr
		case err != nil, long, ws.CheckHeader(h, state) != nil:
			tr.code = ws.StatusProtocolError
			return tr
		case !h.OpCode.IsControl() && h.Length > fuzzMax-int64(len(message)):
			tr.code = ws.StatusMessageTooBig
			return tr
		case int64(len(rest)-size) < h.Length:
			tr.code = prematurely(h, op, message, rest[size:])
			return tr
		}
		payload := bytes.Clone(rest[size : size+int(h.Length)])
		for i := range payload {
			payload[i] ^= h.Mask[i%4]
		}
		end += size + len(payload)

		if h.OpCode.IsControl() {
			tr.parts = append(tr.parts, part{op: h.OpCode, payload: payload})
			continue
		}
		if h.OpCode != ws.OpContinuation {
			op = h.OpCode
		}
		message = append(message, payload...)
		if op == ws.OpText && !isText(message, h.Fin) {
			tr.code = ws.StatusInvalidFramePayloadData
			return tr
		}
		state = state.Set(ws.StateFragmented)
		if h.Fin {
			tr.parts = append(tr.parts, part{op: op, payload: message})
			message, state = nil, ws.StateServerSide
		}
	}
}

// prematurely returns the code for a frame that is not complete, but wrong already.
func prematurely(h ws.Header, op ws.OpCode, message, begun []byte) ws.StatusCode {
	if h.OpCode.IsControl() {
		return 0
	}
	if h.OpCode != ws.OpContinuation {
		op = h.OpCode
	}
	message = bytes.Clone(message)
	for i, b := range begun {
		message = append(message, b^h.Mask[i%4])
	}
	if op == ws.OpText && !isText(message, false) {
		return ws.StatusInvalidFramePayloadData
	}
	return 0
}

// isText reports whether b is UTF-8 or, if more is to come, may become so.
func isText(b []byte, whole bool) bool {
	if whole || utf8.Valid(b) {
		return utf8.Valid(b)
	}
	for cut := 1; cut <= min(3, len(b)); cut++ {
		if head, tail := b[:len(b)-cut], b[len(b)-cut:]; utf8.Valid(head) {
			return !utf8.FullRune(tail)
		}
	}
	return false
}
