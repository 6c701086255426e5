package wsconn_test

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// Bits of the first byte of a frame.
const (
	fin  = 0x80
	rsv1 = 0x40
	rsv2 = 0x20
	rsv3 = 0x10
)

// First bytes of whole messages, of control frames, and of fragments that are
// not the first.
const (
	finText   = fin | ws.OpText
	finBinary = fin | ws.OpBinary
	finPing   = fin | ws.OpPing
	finPong   = fin | ws.OpPong
	finClose  = fin | ws.OpClose
	more      = ws.OpContinuation
	finMore   = fin | ws.OpContinuation
)

var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d} // RFC 6455, section 5.7

// masked encodes a frame as a client must.
func masked(first ws.OpCode, payload []byte) []byte {
	frame := declared(first, uint64(len(payload)))
	n := len(frame)
	frame = append(frame, payload...)
	ws.Cipher(frame[n:], mask, 0)
	return frame
}

// declared is the header of masked for a payload of some length, which does not
// follow.
func declared(first ws.OpCode, length uint64) []byte {
	header := []byte{byte(first), 0x80}
	switch {
	case length < 126:
		header[1] |= byte(length)
	case length < 1<<16:
		header[1] |= 126
		header = binary.BigEndian.AppendUint16(header, uint16(length))
	default:
		header[1] |= 127
		header = binary.BigEndian.AppendUint64(header, length)
	}
	return append(header, mask[:]...)
}

// unmasked encodes a short frame as a client must not.
func unmasked(first ws.OpCode, payload []byte) []byte {
	return append([]byte{byte(first), byte(len(payload))}, payload...)
}

// closing encodes a close frame, whatever the code.
func closing(code ws.StatusCode, reason string) []byte {
	return masked(finClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}
