package wsconn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A violation is what a client must not send, and the code it is closed with.
type violation struct {
	name   string
	frames [][]byte
	code   ws.StatusCode
}

// testMax is the limit of a message in these tests.
const testMax = 1000

// violations are sections 5 and 8.1 of RFC 6455.
func violations() []violation {
	hi, long := []byte("hi"), []byte(strings.Repeat("x", 126))
	v := []violation{
		{"unmasked text", [][]byte{unmasked(finText, hi)}, 1002},
		{"unmasked ping", [][]byte{unmasked(finPing, hi)}, 1002},
		{"unmasked close", [][]byte{unmasked(finClose, nil)}, 1002},
		{"RSV1", [][]byte{masked(rsv1|finText, hi)}, 1002},
		{"RSV2", [][]byte{masked(rsv2|finBinary, hi)}, 1002},
		{"RSV3", [][]byte{masked(rsv3|finText, hi)}, 1002},
		{"RSV1 on a ping", [][]byte{masked(rsv1|finPing, hi)}, 1002},
		{"RSV1 on a continuation", [][]byte{masked(ws.OpText, hi), masked(rsv1|finMore, hi)}, 1002},
		{"fragmented ping", [][]byte{masked(ws.OpPing, hi)}, 1002},
		{"fragmented pong", [][]byte{masked(ws.OpPong, hi)}, 1002},
		{"fragmented close", [][]byte{masked(ws.OpClose, nil)}, 1002},
		{"long ping", [][]byte{masked(finPing, long)}, 1002},
		{"long pong", [][]byte{masked(finPong, long)}, 1002},
		{"long close", [][]byte{closing(1000, string(long[:124]))}, 1002},
		{"continuation of nothing", [][]byte{masked(more, hi)}, 1002},
		{"last continuation of nothing", [][]byte{masked(finMore, hi)}, 1002},
		{"text inside a text", [][]byte{masked(ws.OpText, hi), masked(finText, hi)}, 1002},
		{"first fragment inside a binary", [][]byte{masked(ws.OpBinary, hi), masked(more, hi), masked(ws.OpBinary, hi)}, 1002},
		{"length with the top bit", [][]byte{declared(finBinary, 1<<63)}, 1002},
		{"length of all ones", [][]byte{declared(finBinary, 1<<64-1)}, 1002},

		{"not UTF-8", [][]byte{masked(finText, []byte("a\xffb"))}, 1007},
		{"UTF-8 too long for its character", [][]byte{masked(finText, []byte("\xc0\xaf"))}, 1007},
		{"a surrogate", [][]byte{masked(finText, []byte("\xed\xa0\x80"))}, 1007},
		{"beyond Unicode", [][]byte{masked(finText, []byte("\xf4\x90\x80\x80"))}, 1007},
		{"cut at the end", [][]byte{masked(finText, []byte("abc\xe2\x82"))}, 1007},
		{"not UTF-8 in the first fragment", [][]byte{masked(ws.OpText, []byte("\xff"))}, 1007},
		{"not UTF-8 in the last fragment", [][]byte{masked(ws.OpText, hi), masked(finMore, []byte("\xff"))}, 1007},
		{"not UTF-8 across fragments", [][]byte{masked(ws.OpText, []byte("a\xe2")), masked(more, []byte("\x28\xa1"))}, 1007},
		{"cut at the end of the last fragment", [][]byte{masked(ws.OpText, hi), masked(finMore, []byte("\xe2\x82"))}, 1007},
		{"cut before an empty last fragment", [][]byte{masked(ws.OpText, []byte("\xe2\x82")), masked(finMore, nil)}, 1007},

		{"too long by one", [][]byte{declared(finBinary, testMax+1)}, 1009},
		{"too long for 16 bits", [][]byte{declared(finText, 1<<20)}, 1009},
		{"2^62", [][]byte{declared(finBinary, 1<<62)}, 1009},
		{"2^63-1", [][]byte{declared(finBinary, 1<<63-1)}, 1009},
		{"first fragment too long", [][]byte{declared(ws.OpBinary, testMax+1)}, 1009},
		{"too long over fragments", [][]byte{masked(ws.OpBinary, make([]byte, testMax)), declared(finMore, 1)}, 1009},
		{"too long over many fragments", [][]byte{
			masked(ws.OpBinary, make([]byte, testMax-2)), masked(more, []byte{1}), masked(more, nil), declared(more, 2)}, 1009},
		{"2^63-1 behind a fragment", [][]byte{masked(ws.OpBinary, hi), declared(more, 1<<63-1)}, 1009},
	}
	for _, op := range []ws.OpCode{3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		v = append(v, violation{"opcode " + string("0123456789abcdef"[op]), [][]byte{masked(fin|op, hi)}, 1002})
	}
	return v
}

func TestViolation(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		// Whatever is answered must be answered because of what was sent: the test
		// ends in time only if nothing waits for bytes that do not come.
		server := &wsconn.Server{
			Handler: handler,
			Limits:  wsconn.Limits{MaxMessageBytes: testMax, CloseTimeout: never, PingInterval: -1},
		}
		addr := start(t, server)
		for _, v := range violations() {
			t.Run(v.name, func(t *testing.T) {
				c := connect(t, addr)
				c.send(v.frames...)
				reason := c.expectClose(v.code)
				c.expectEnd()
				handler.expectClosed(wsconn.CloseError{Code: v.code, Reason: reason})
				if n := handler.messages.Load(); n != 0 {
					t.Errorf("OnMessage was called %d times", n)
				}
				expectNobody(t, server)
			})
		}
	})
}

// A client that is still busy sending when it is closed can read why. Were the
// socket just closed, the bytes that nobody read would make it a reset.
func TestViolationIsToldBeforeTheEnd(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
		addr := start(t, server)
		for range 5 {
			c := connect(t, addr)
			c.send(masked(finText, []byte("\xff")), make([]byte, 256<<10))
			handler.next()
			c.send(make([]byte, 64<<10))
			c.expectClose(ws.StatusInvalidFramePayloadData)
			c.expectEnd()
		}
	})
}

// The half of a message is not a message.
func TestUnfinishedMessage(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: 50 * time.Millisecond}}
		addr := start(t, server)
		whole := masked(finText, []byte("hello"))
		for _, end := range []func(c *client){
			func(c *client) { c.send(masked(ws.OpText, []byte("hello"))); c.leave() },
			func(c *client) { c.send(masked(ws.OpText, []byte("hello"))); c.nc.Close() },
			func(c *client) { c.send(whole[:len(whole)-1]); c.nc.Close() },
			func(c *client) { c.send(whole[:1]); c.nc.Close() },
		} {
			end(connect(t, addr))
			handler.next()
			expectNobody(t, server)
		}
		if n := handler.messages.Load(); n != 0 {
			t.Errorf("OnMessage was called %d times", n)
		}
	})
}
