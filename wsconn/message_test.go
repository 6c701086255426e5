package wsconn_test

import (
	"bytes"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// payload returns n bytes that are valid UTF-8 and nowhere alike, so that a
// piece that is lost or moved shows.
func payload(n int) []byte { return slices.Clone(digits()[:n]) }

var digits = sync.OnceValue(func() []byte {
	var b []byte
	for i := int64(0); len(b) < 1<<20; i++ {
		b = append(strconv.AppendInt(b, i*i, 16), ',')
	}
	return b[:1<<20]
})

// Lengths around the borders of the three encodings, of the read buffer, and of
// the limit, which is the default.
func TestLengths(t *testing.T) {
	lengths := []int{0, 1, 125, 126, 127, 1015, 1016, 1017, 1024, 2048, 4096, 65535, 65536, 1 << 20}
	eachWay(t, func(t *testing.T, start startFunc) {
		server := &wsconn.Server{Handler: newRecorder(t, echo)}
		c := connect(t, start(t, server))
		for _, n := range lengths {
			for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary} {
				p := payload(n)
				if op == ws.OpBinary && n > 0 {
					p[n-1] = 0xff
				}
				c.send(masked(fin|op, p))
				c.expect(op, p)
			}
		}
		c.leave()
		expectNobody(t, server)
	})
}

// The mask is a nuisance to buffers that are not aligned to it.
func TestFramesOfAllAlignments(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		c := connect(t, start(t, &wsconn.Server{Handler: newRecorder(t, echo)}))
		var frames []byte
		for n := range 300 {
			frames = append(frames, masked(finText, payload(n))...)
		}
		c.send(frames) // all in one write
		for n := range 300 {
			c.expect(ws.OpText, payload(n))
		}
		c.leave()
	})
}

func TestByteByByte(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		c := connect(t, start(t, &wsconn.Server{Handler: newRecorder(t, echo)}))
		for _, b := range bytes.Join([][]byte{
			masked(finText, payload(200)),
			masked(ws.OpBinary, payload(10)),
			masked(finPing, []byte("are you there?")),
			masked(finMore, payload(7)),
		}, nil) {
			c.send([]byte{b})
		}
		c.expect(ws.OpText, payload(200))
		c.expect(ws.OpPong, []byte("are you there?"))
		c.expect(ws.OpBinary, append(payload(10), payload(7)...))
		c.leave()
	})
}

func TestFragments(t *testing.T) {
	tests := []struct {
		name      string
		op        ws.OpCode
		fragments []string
	}{
		{"two", ws.OpText, []string{"hel", "lo"}},
		{"binary", ws.OpBinary, []string{"\xff", "\xfe", "\xfd"}},
		{"empty ones", ws.OpText, []string{"", "", "a", "", "b", ""}},
		{"nothing at all", ws.OpText, []string{"", ""}},
		{"a character over two", ws.OpText, []string{"a\xe2", "\x82\xac"}},
		{"a character over four", ws.OpText, []string{"\xf0", "\x9f", "\x98", "\x80"}},
		{"a character over an empty one", ws.OpText, []string{"\xc3", "", "\xa9"}},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		c := connect(t, start(t, &wsconn.Server{Handler: newRecorder(t, echo)}))
		for _, test := range tests {
			whole := ""
			for i, fragment := range test.fragments {
				first := more
				if i == 0 {
					first = test.op
				}
				if i == len(test.fragments)-1 {
					first |= fin
				}
				// A ping in between belongs to no message.
				c.send(masked(first, []byte(fragment)), masked(finPing, []byte{byte(i)}))
				whole += fragment
				if first&fin != 0 {
					c.expect(test.op, []byte(whole))
				}
				c.expect(ws.OpPong, []byte{byte(i)})
			}
		}
		// The biggest that may be, in pieces.
		big := payload(1 << 20)
		c.send(masked(ws.OpText, big[:1]), masked(more, big[1:70000]), masked(finMore, big[70000:]))
		c.expect(ws.OpText, big)
		c.leave()
	})
}

func TestPingAndPong(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		c := connect(t, start(t, &wsconn.Server{Handler: handler}))
		for _, n := range []int{0, 1, 124, 125} {
			c.send(masked(finPing, payload(n)))
			c.expect(ws.OpPong, payload(n))
		}
		// A pong that nobody asked for is no error, and has no answer.
		c.send(masked(finPong, payload(125)), masked(finPong, nil))
		if n := handler.messages.Load(); n != 0 {
			t.Errorf("OnMessage was called %d times", n)
		}
		c.expectEcho("still here")
		c.leave()
	})
}
