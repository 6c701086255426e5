package wsconn

import (
	"bytes"
	"testing"

	"github.com/gobwas/ws"
)

// A small message costs no allocation on its way from the buffer to the handler:
// that is what the parser is for.
func TestReadAllocatesNothing(t *testing.T) {
	frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("a small message, é and all"))))
	buf := make([]byte, len(frame))
	var p parser
	check := func(name string, read func()) {
		t.Helper()
		if n := testing.AllocsPerRun(1000, read); n != 0 {
			t.Errorf("%s: %v allocations for a message, want 0", name, n)
		}
	}
	check("parser.next", func() {
		copy(buf, frame) // it is unmasked in place
		found, n, err := p.next(buf, rules{max: 1000})
		if found.op != ws.OpText || len(found.payload) != 27 || n != len(frame) || err != nil {
			t.Fatal(found, n, err)
		}
	})
	delivered := 0
	s := &Server{Handler: HandlerFunc(func(*Conn, ws.OpCode, []byte) { delivered++ })}
	s.limits.MaxMessageBytes = 1000
	c := &Conn{loop: &loop{server: s}}
	check("Conn.deliver", func() {
		copy(buf, frame)
		if err := c.deliver(buf); err != nil || c.input() != nil {
			t.Fatal(err, c.input())
		}
	})
	if delivered == 0 {
		t.Error("nothing was delivered")
	}
}

// Memory follows what a client has sent, not what it says it will send.
func TestMessageGrowsWithWhatArrives(t *testing.T) {
	const length = 1 << 20
	header := ws.Header{Fin: true, OpCode: ws.OpBinary, Masked: true, Length: length}
	var sent bytes.Buffer
	ws.WriteHeader(&sent, header)
	sent.Write(make([]byte, length))

	var p parser
	for arrived := 0; ; {
		piece := sent.Next(1000)
		arrived += len(piece)
		found, n, err := p.next(piece, rules{max: length})
		if err != nil || n != len(piece) {
			t.Fatal(n, err)
		}
		if limit := 2 * arrived; cap(p.message) > limit {
			t.Fatalf("after %d bytes the message has room for %d", arrived, cap(p.message))
		}
		if found.op != 0 {
			if len(found.payload) != length || p.message != nil {
				t.Errorf("a message of %d bytes, and %d are kept", len(found.payload), cap(p.message))
			}
			return
		}
	}
}
