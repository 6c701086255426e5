package wsconn

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// parseHeader reads the header of the frame that b begins with: RFC 6455, section
// 5.2. It returns the header's length, or 0 if b is too short to tell.
//
// ws.ReadHeader does the same with an io.Reader, for which the bytes would have
// to be there already; and it takes lengths that are not as short as they must be.
func parseHeader(b []byte) (h ws.Header, n int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Fin = b[0]&0x80 != 0
	h.Rsv = b[0] >> 4 & 7
	h.OpCode = ws.OpCode(b[0] & 0x0f)
	h.Masked = b[1]&0x80 != 0
	n = 2
	least := uint64(0)
	length := uint64(b[1] & 0x7f)
	switch length {
	case 126:
		n, least = n+2, 126
		if len(b) < n {
			return h, 0, nil
		}
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		n, least = n+8, 1<<16
		if len(b) < n {
			return h, 0, nil
		}
		length = binary.BigEndian.Uint64(b[2:])
	}
	switch {
	case length>>63 != 0:
		return h, 0, ws.ErrHeaderLengthMSB
	case length < least:
		return h, 0, errLongLength
	}
	h.Length = int64(length)
	if h.Masked {
		if len(b) < n+len(h.Mask) {
			return h, 0, nil
		}
		n += copy(h.Mask[:], b[n:])
	}
	return h, n, nil
}

var errLongLength = ws.ProtocolError("payload length is not in the shortest form")

// rsv1 marks the first frame of a compressed message: RFC 7692, section 6.
const rsv1 = 0x40

// first is the first byte of a frame that is a message or a control frame.
func first(op ws.OpCode) byte { return 0x80 | byte(op) }

// appendFrame encodes a frame without a mask, as a server does.
func appendFrame(b []byte, first byte, payload []byte) []byte {
	switch n := len(payload); {
	case b == nil:
		return appendFrame(make([]byte, 0, n+10), first, payload)
	case n < 126:
		b = append(b, first, byte(n))
	case n < 1<<16:
		b = append(b, first, 126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, first, 127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(b, payload...)
}
