package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/gobwas/ws"
)

// A dialect is what the clients of a subject say that those of others do not. The
// zero dialect is WebSocket over TCP, where a text comes back as it is.
type dialect struct {
	tls bool
	// hello is a text that each client sends after the upgrade, before it counts;
	// "" for none. The answer may be any.
	hello string
	// ask wraps a text that is to come back, and answered is what comes back of
	// it. Both append to dst. They are nil for the text itself.
	ask, answered func(dst []byte, id uint32, text []byte) []byte
}

// What a client sends to become one. The key and what it makes of it are those of
// RFC 6455, section 1.3: they are always the same, so that the subject that only
// repeats an answer repeats a right one.
const (
	upgradeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	upgradeAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// request returns the upgrade of a browser, whose page is the server's own.
func (d *dialect) request(addr string) []byte {
	scheme := "http"
	if d.tls {
		scheme = "https"
	}
	return fmt.Appendf(nil, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Origin: %s://%s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", addr, scheme, addr, upgradeKey)
}

var headEnd = []byte("\r\n\r\n")

// checkUpgrade takes the answer to request off the front of what was received,
// and reports whether it was all there.
func checkUpgrade(in []byte) (rest []byte, ok bool, err error) {
	end := bytes.Index(in, headEnd)
	if end < 0 {
		return in, false, nil
	}
	head := in[:end+2]
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) || !bytes.Contains(head, []byte(": "+upgradeAccept+"\r\n")) {
		return nil, false, fmt.Errorf("connect: the answer is %q", head)
	}
	return in[end+len(headEnd):], true, nil
}

const echoSize = 128

// appendText appends the text of a number, of echoSize bytes.
func appendText(dst []byte, number uint32) []byte {
	digits := strconv.AppendUint(nil, uint64(number), 10)
	dst = append(dst, textPadding[len(digits):]...)
	return append(dst, digits...)
}

var textPadding = bytes.Repeat([]byte{'0'}, echoSize)

// question appends the frame in which the text of a number is sent.
func (d *dialect) question(dst []byte, number uint32) []byte {
	payload := appendText(make([]byte, 0, echoSize), number)
	if d.ask != nil {
		payload = d.ask(nil, number, payload)
	}
	return appendClientFrame(dst, ws.OpText, payload)
}

// answer appends what comes back of the text of a number.
func (d *dialect) answer(dst []byte, number uint32) []byte {
	if d.answered == nil {
		return appendText(dst, number)
	}
	return d.answered(dst, number, appendText(nil, number))
}

// clientMask is the mask of all frames; one is as much work as another.
var clientMask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// appendClientFrame appends a frame with a mask. The payload has less than 64 KiB.
func appendClientFrame(dst []byte, op ws.OpCode, payload []byte) []byte {
	dst = append(dst, 0x80|byte(op))
	if len(payload) < 126 {
		dst = append(dst, 0x80|byte(len(payload)))
	} else {
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(len(payload)))
	}
	dst = append(dst, clientMask[:]...)
	begin := len(dst)
	dst = append(dst, payload...)
	ws.Cipher(dst[begin:], clientMask, 0)
	return dst
}

var errServerFrame = errors.New("the server sends what is no whole, unmasked frame of less than 64 KiB")

// cutServerFrame takes a frame off the front of what was received, and reports
// whether it was all there. The payload is a part of in.
func cutServerFrame(in []byte) (op ws.OpCode, payload, rest []byte, ok bool, err error) {
	if len(in) < 2 {
		return 0, nil, in, false, nil
	}
	begin, size := 2, int(in[1])
	if in[0]&0xf0 != 0x80 || size > 126 {
		return 0, nil, nil, false, errServerFrame
	}
	if size == 126 {
		if len(in) < 4 {
			return 0, nil, in, false, nil
		}
		begin, size = 4, int(binary.BigEndian.Uint16(in[2:]))
	}
	if len(in) < begin+size {
		return 0, nil, in, false, nil
	}
	return ws.OpCode(in[0] & 0x0f), in[begin : begin+size], in[begin+size:], true, nil
}
