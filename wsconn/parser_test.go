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
	p := parser{max: 1000}
	check := func(name string, read func()) {
		t.Helper()
		if n := testing.AllocsPerRun(1000, read); n != 0 {
			t.Errorf("%s: %v allocations for a message, want 0", name, n)
		}
	}
	check("parser.next", func() {
		copy(buf, frame) // it is unmasked in place
		found, n, _, err := p.next(buf)
		if found.op != ws.OpText || len(found.payload) != 27 || n != len(frame) || err != nil {
			t.Fatal(found, n, err)
		}
	})
	delivered := 0
	c := &Conn{server: &Server{Handler: HandlerFunc(func(*Conn, ws.OpCode, []byte) { delivered++ })}}
	check("Conn.deliver", func() {
		copy(buf, frame)
		if rest, _, err := c.deliver(&p, buf); len(rest) != 0 || err != nil {
			t.Fatal(rest, err)
		}
	})
	if delivered == 0 {
		t.Error("nothing was delivered")
	}
}

// Memory follows what a client has sent, not what it says it will send.
func TestReadBufferGrowsWithWhatArrives(t *testing.T) {
	const length = 1 << 20
	header := ws.Header{Fin: true, OpCode: ws.OpBinary, Masked: true, Length: length}
	var sent bytes.Buffer
	ws.WriteHeader(&sent, header)
	sent.Write(make([]byte, length))

	p := parser{max: length}
	buf := make([]byte, 0, readBuffer)
	for arrived, done := 0, false; !done; {
		found, n, need, err := p.next(buf)
		if err != nil {
			t.Fatal(err)
		}
		done = n > 0 && found.op == ws.OpBinary
		buf = makeRoom(buf, buf[n:], need)
		if limit := max(readBuffer, 2*arrived); cap(buf) > limit {
			t.Fatalf("after %d bytes the buffer has %d, more than %d", arrived, cap(buf), limit)
		}
		if done {
			break
		}
		n = copy(buf[len(buf):cap(buf)], sent.Next(min(1000, cap(buf)-len(buf))))
		if n == 0 {
			t.Fatalf("after %d bytes there is no room for more", arrived)
		}
		buf, arrived = buf[:len(buf)+n], arrived+n
	}
	if cap(buf) != readBuffer {
		t.Errorf("after the message the buffer still has %d bytes", cap(buf))
	}
}
