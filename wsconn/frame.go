package wsconn

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// parseHeader reads the header of the frame that b begins with: RFC 6455,
// section 5.2. It returns the header's length, or 0 if b is too short to tell.
//
// ws.ReadHeader does the same with an io.Reader, for which the bytes would have
// to be there already.
func parseHeader(b []byte) (h ws.Header, n int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Fin = b[0]&0x80 != 0
	h.Rsv = b[0] >> 4 & 7
	h.OpCode = ws.OpCode(b[0] & 0x0f)
	h.Masked = b[1]&0x80 != 0
	n = 2
	switch length := b[1] & 0x7f; length {
	case 126:
		n += 2
		if len(b) < n {
			return h, 0, nil
		}
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		n += 8
		if len(b) < n {
			return h, 0, nil
		}
		long := binary.BigEndian.Uint64(b[2:])
		if long>>63 != 0 {
			return h, 0, ws.ErrHeaderLengthMSB
		}
		h.Length = int64(long)
	default:
		h.Length = int64(length)
	}
	if h.Masked {
		if len(b) < n+len(h.Mask) {
			return h, 0, nil
		}
		n += copy(h.Mask[:], b[n:])
	}
	return h, n, nil
}
