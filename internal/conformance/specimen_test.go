package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// A fault is something that a specimen does wrong.
type fault string

// A specimen is a small echo server without compression that keeps to the rules,
// except for its fault.
type specimen struct {
	conn  net.Conn
	r     *bufio.Reader
	fault fault
	op    ws.OpCode // of the message that is read, or 0
	data  []byte
}

// broken is the code that a connection has to be failed with; 0 ends it without.
type broken int

func serveSpecimen(conn net.Conn, f fault) {
	defer conn.Close()
	s := &specimen{conn: conn, r: bufio.NewReader(conn), fault: f}
	if !s.handshake() {
		return
	}
	for {
		if code := s.frame(); code >= 0 {
			s.end(int(code))
			return
		}
	}
}

func (s *specimen) handshake() bool {
	u := ws.Upgrader{}
	if s.fault == "agrees to what was not offered" {
		u.Header = ws.HandshakeHeaderString("Sec-WebSocket-Extensions: permessage-deflate\r\n")
	}
	if _, err := u.Upgrade(byteWise{s}); err != nil {
		return false
	}
	if s.fault == "drops what comes with the request" {
		s.r.Discard(s.r.Buffered())
	}
	return true
}

// byteWise lets the upgrader read no further than the request.
type byteWise struct{ *specimen }

func (b byteWise) Read(p []byte) (int, error)  { return b.r.Read(p[:1]) }
func (b byteWise) Write(p []byte) (int, error) { return b.conn.Write(p) }

const goOn broken = -1

// frame reads and answers one frame. It returns goOn or the code to fail with.
func (s *specimen) frame() broken {
	start, _ := s.r.Peek(2)
	if len(start) > 1 && start[1]&0x7f == 126 {
		start, _ = s.r.Peek(4)
	}
	start = bytes.Clone(start) // to read on moves it
	h, err := ws.ReadHeader(s.r)
	switch {
	case err == ws.ErrHeaderLengthMSB, err == ws.ErrHeaderLengthUnexpected:
		return 1002
	case err != nil:
		return 0
	case h.Rsv != 0 && s.fault != "ignores reserved bits",
		!h.Masked && s.fault != "takes frames without a mask",
		h.OpCode.IsReserved() && s.fault != "ignores reserved opcodes",
		h.OpCode.IsControl() && (!h.Fin || start[1]&0x7f > 125),
		start[1]&0x7f == 126 && binary.BigEndian.Uint16(start[2:]) < 126 && s.fault != "takes any length",
		start[1]&0x7f == 127 && h.Length < 1<<16 && s.fault != "takes any length":
		return 1002
	case h.OpCode.IsReserved():
		io.CopyN(io.Discard, s.r, h.Length)
		return goOn
	case h.OpCode.IsControl():
		return s.control(h)
	case (h.OpCode == ws.OpContinuation) != (s.op != 0):
		return 1002
	case h.Length > maxMessage-int64(len(s.data)):
		return 1009
	}
	if h.OpCode != ws.OpContinuation {
		s.op = h.OpCode
	}
	return s.payload(h)
}

// payload reads the payload of a data frame and echoes the message that it ends.
func (s *specimen) payload(h ws.Header) broken {
	for pos := 0; pos < int(h.Length); {
		part := make([]byte, int(h.Length)-pos)
		n, err := s.r.Read(part)
		if err != nil {
			return 0
		}
		ws.Cipher(part[:n], h.Mask, pos)
		s.data = append(s.data, part[:n]...)
		pos += n
		if s.op == ws.OpText && s.fault != "does not check texts" && s.fault != "checks texts at their end" && !validSoFar(s.data) {
			return 1007
		}
	}
	if !h.Fin {
		return goOn
	}
	if s.op == ws.OpText && s.fault != "does not check texts" && !utf8.Valid(s.data) {
		return 1007
	}
	s.echo(s.op, s.data)
	s.op, s.data = 0, nil
	return goOn
}

// validSoFar reports whether b may be the beginning of UTF-8.
func validSoFar(b []byte) bool {
	for i := 1; i <= 3 && i <= len(b); i++ {
		if end := b[len(b)-i:]; utf8.RuneStart(end[0]) {
			return utf8.Valid(b) || !utf8.FullRune(end) && utf8.Valid(b[:len(b)-i])
		}
	}
	return utf8.Valid(b)
}

func (s *specimen) echo(op ws.OpCode, data []byte) {
	f := ws.NewFrame(op, true, data)
	switch {
	case s.fault == "echoes as binary":
		f.Header.OpCode = ws.OpBinary
	case s.fault == "loses the last byte" && len(data) > 0:
		f = ws.NewFrame(op, true, data[:len(data)-1])
	case s.fault == "masks":
		f = ws.MaskFrame(f)
	case s.fault == "sets a reserved bit":
		f.Header.Rsv = ws.Rsv(false, false, true)
	case s.fault == "writes lengths in eight bytes":
		header := binary.BigEndian.AppendUint64([]byte{0x80 | byte(op), 127}, uint64(len(data)))
		s.conn.Write(append(header, data...))
		return
	}
	ws.WriteFrame(s.conn, f)
}

// control answers a control frame.
func (s *specimen) control(h ws.Header) broken {
	data := make([]byte, h.Length)
	if _, err := io.ReadFull(s.r, data); err != nil {
		return 0
	}
	ws.Cipher(data, h.Mask, 0)
	switch {
	case h.OpCode == ws.OpPing && s.fault != "does not answer pings", h.OpCode == ws.OpPong && s.fault == "answers pongs":
		ws.WriteFrame(s.conn, ws.NewPongFrame(data))
	case h.OpCode == ws.OpClose:
		return s.closed(data)
	}
	return goOn
}

// closed returns the code to answer a Close frame with.
func (s *specimen) closed(data []byte) broken {
	if len(data) == 0 {
		return 1000
	}
	if len(data) == 1 {
		return 1002
	}
	code := binary.BigEndian.Uint16(data)
	valid := code >= 1000 && code <= 1014 && !slices.Contains([]uint16{1004, 1005, 1006}, code) || code >= 3000 && code <= 4999
	switch {
	case !valid && s.fault != "echoes any code", len(data) > 125:
		return 1002
	case !utf8.Valid(data[2:]) && s.fault != "takes any reason":
		return 1007
	default:
		return broken(code)
	}
}

// end sends the Close frame and sees the connection to its end.
func (s *specimen) end(code int) {
	switch s.fault {
	case "ends without a Close frame":
		code = 0
	case "knows one code only":
		code = 1011
	case "resets":
		s.conn.(*net.TCPConn).SetLinger(0)
	}
	if code > 0 {
		body := ws.NewCloseFrameBody(ws.StatusCode(code), "")
		ws.WriteFrame(s.conn, ws.NewCloseFrame(body))
	}
	switch s.fault {
	case "talks on after the Close frame":
		ws.WriteFrame(s.conn, ws.NewTextFrame([]byte("and another thing")))
	case "resets":
		return
	case "does not end":
		io.Copy(io.Discard, s.r)
		return
	}
	s.conn.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, s.r)
}
