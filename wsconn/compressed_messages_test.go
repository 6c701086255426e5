package wsconn_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/internal/deflate"
	"github.com/rollcall-go/rollcall/wsconn"
)

// What a client may send that has negotiated compression.
func TestCompressedMessages(t *testing.T) {
	const most = 100000
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Compress: true, Limits: wsconn.Limits{MaxMessageBytes: most}}
		c, _ := connectOffering(t, start(t, server), offer)
		echoed := func(op ws.OpCode, message []byte) {
			t.Helper()
			packed := len(message) >= deflate.Threshold
			c.expectPacked(t, packed, op, message)
		}
		for _, message := range [][]byte{nil, []byte("a"), []byte("é€😀"), words(1000), payload(5000), words(most)} {
			for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary} {
				packed := compressed(t, message)
				c.send(masked(fin|rsv1|op, packed))
				echoed(op, message)

				c.send(masked(fin|op, message)) // may be sent as it is all the same
				echoed(op, message)

				// Only the first frame is marked: RFC 7692, section 6.1.
				cut := len(packed) / 3
				c.send(masked(rsv1|op, packed[:cut]), masked(finPing, []byte("one")),
					masked(more, packed[cut:2*cut]), masked(finPing, []byte("two")), masked(more, nil), masked(finMore, packed[2*cut:]))
				c.expect(ws.OpPong, []byte("one"))
				c.expect(ws.OpPong, []byte("two"))
				echoed(op, message)
			}
		}
		for _, b := range masked(finText|rsv1, compressed(t, words(1000))) {
			c.send([]byte{b})
		}
		echoed(ws.OpText, words(1000))
		// Nothing is kept of a message for the next one.
		c.send(masked(finText|rsv1, compressed(t, words(300))), masked(finText|rsv1, compressed(t, words(301))))
		echoed(ws.OpText, words(300))
		echoed(ws.OpText, words(301))
		c.leave()
	})
}

// A block of 60000 bytes that is not compressed, of which not all is there.
var cutOffBlock = append(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte{0}, 60000), ^uint16(60000)), "and so on"...)

func TestCompressedViolations(t *testing.T) {
	const most = 10000
	bomb := make([]byte, 4<<20)
	tests := []struct {
		name  string
		plain bool // not negotiated
		send  []byte
		code  ws.StatusCode
	}{
		{name: "a byte too many", send: masked(finText|rsv1, compressed(t, words(most+1))), code: 1009},
		{name: "a bomb", send: masked(finBinary|rsv1, compressed(t, bomb)), code: 1009},
		{name: "too much as it is", send: masked(finBinary|rsv1, compressed(t, noise(most))), code: 1009},
		{name: "not compressed", send: masked(finBinary|rsv1, noise(100)), code: 1007},
		{name: "a reserved block", send: masked(finBinary|rsv1, []byte{0x07, 0, 0}), code: 1007},
		{name: "cut off", send: masked(finBinary|rsv1, cutOffBlock), code: 1007},
		{name: "fragments that are corrupt", send: bytes.Join([][]byte{masked(ws.OpText|rsv1, []byte{0xff}), masked(finMore, []byte{0xff, 0xff})}, nil), code: 1007},
		{name: "no UTF-8 inside", send: masked(finText|rsv1, compressed(t, []byte("caf\xe9"))), code: 1007},
		{name: "no UTF-8 at the end", send: masked(finText|rsv1, compressed(t, []byte("caf\xc3"))), code: 1007},
		{name: "RSV1 of a ping", send: masked(finPing|rsv1, nil), code: 1002},
		{name: "RSV1 of a pong", send: masked(finPong|rsv1, nil), code: 1002},
		{name: "RSV1 of a close frame", send: masked(finClose|rsv1, nil), code: 1002},
		{name: "RSV1 of a second frame", code: 1002,
			send: bytes.Join([][]byte{masked(ws.OpText|rsv1, []byte{0}), masked(finMore|rsv1, []byte{0})}, nil)},
		{name: "RSV1 of a second frame only", code: 1002,
			send: bytes.Join([][]byte{masked(ws.OpText, []byte("a")), masked(finMore|rsv1, []byte("b"))}, nil)},
		{name: "RSV1 of a ping in between", code: 1002,
			send: bytes.Join([][]byte{masked(ws.OpText|rsv1, []byte{0}), masked(finPing|rsv1, nil)}, nil)},
		{name: "a message in between", code: 1002,
			send: bytes.Join([][]byte{masked(ws.OpText|rsv1, []byte{0}), masked(finText|rsv1, nil)}, nil)},
		{name: "RSV2", send: masked(finText|rsv1|rsv2, compressed(t, words(10))), code: 1002},
		{name: "RSV3", send: masked(finText|rsv1|rsv3, compressed(t, words(10))), code: 1002},
		{name: "RSV2 alone", send: masked(finText|rsv2, words(10)), code: 1002},
		{name: "RSV1 of a reserved opcode", send: masked(fin|rsv1|3, nil), code: 1002},
		{name: "not negotiated", plain: true, send: masked(finText|rsv1, compressed(t, words(10))), code: 1002},
		{name: "not negotiated, binary", plain: true, send: masked(ws.OpBinary|rsv1, nil), code: 1002},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, nil)
		server := &wsconn.Server{Handler: handler, Compress: true, Limits: wsconn.Limits{MaxMessageBytes: most}}
		addr := start(t, server)
		for _, test := range tests {
			line := offer
			if test.plain {
				line = "X-None: 0"
			}
			c, _ := connectOffering(t, addr, line)
			c.send(masked(finText, []byte("so far, so good")), test.send, masked(finText, []byte("not delivered")))
			if f := c.read(); f.Header.OpCode != ws.OpClose || binary.BigEndian.Uint16(f.Payload) != uint16(test.code) {
				t.Errorf("%s: read opcode %d %.40q, want a close frame with %d", test.name, f.Header.OpCode, f.Payload, test.code)
			}
			c.expectEnd()
			if err := handler.next(); !strings.Contains(err.Error(), fmt.Sprint(int(test.code))) {
				t.Errorf("%s: OnClose is told %v, want %d", test.name, err, test.code)
			}
		}
		if n := int(handler.messages.Load()); n != len(tests) {
			t.Errorf("%d messages were delivered, want %d", n, len(tests))
		}
	})
}

// Binary messages may be anything.
func TestCompressedBinaryIsNoText(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		c, _ := connectOffering(t, start(t, &wsconn.Server{Handler: newRecorder(t, echo), Compress: true}), offer)
		c.send(masked(finBinary|rsv1, compressed(t, []byte("caf\xe9"))))
		c.expect(ws.OpBinary, []byte("caf\xe9"))
		c.leave()
	})
}
