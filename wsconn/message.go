package wsconn

import (
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// A parser turns the bytes that a client sends into messages: RFC 6455, section 5.
// It does no input or output of its own.
//
// Invariant: what it keeps has arrived. It keeps the bytes of a message that is
// not complete, and never makes room for a length that was only declared. A byte of
// text that cannot be UTF-8 is found as soon as it is there, wherever frames and
// reads happen to end.
type parser struct {
	op       ws.OpCode // of the message that is under way, or 0
	packed   bool      // it is compressed
	frame    ws.Header // of the data frame that is under way
	left     int       // bytes of its payload that are yet to come
	inFrame  bool
	message  []byte // of the message so far
	verified int    // bytes of it that are known to be whole UTF-8 characters
}

// idle reports whether the parser is between messages, and so the same as a new one.
func (p *parser) idle() bool { return p.op == 0 }

// A part is what next finds: a whole message, or a control frame.
type part struct {
	op      ws.OpCode
	packed  bool
	payload []byte
}

// rules are what a server and a client have agreed on.
type rules struct {
	max    int  // bytes of a message
	packed bool // messages may be compressed
}

// next takes something off b and unmasks it in place. It returns how much that was,
// or 0 if b must become longer first, which it must only when it is a part of a
// header or of a control frame; and a part without an opcode if no message is
// complete by that. A violation of the protocol or of the limit is a CloseError.
func (p *parser) next(b []byte, r rules) (found part, n int, err error) {
	if p.inFrame {
		n = min(len(b), p.left)
		found, err = p.take(b[:n:n])
		return found, n, err
	}
	h, n, err := parseHeader(b)
	if err != nil {
		return part{}, 0, CloseError{ws.StatusProtocolError, err.Error()}
	}
	if n == 0 {
		return part{}, 0, nil
	}
	if err := p.check(h, r); err != nil {
		return part{}, 0, err
	}
	payload := b[n:]
	whole := int64(len(payload)) >= h.Length
	if whole {
		payload = payload[:h.Length:h.Length]
	}
	switch {
	case h.OpCode.IsControl() && !whole:
		return part{}, 0, nil
	case h.OpCode.IsControl():
		ws.Cipher(payload, h.Mask, 0)
		return part{op: h.OpCode, payload: payload}, n + len(payload), nil
	case whole && h.Fin && p.op == 0:
		// A frame that is a message by itself, and is here, is not copied.
		ws.Cipher(payload, h.Mask, 0)
		packed := h.Rsv1()
		if h.OpCode == ws.OpText && !packed && !utf8.Valid(payload) {
			return part{}, 0, errNotUTF8
		}
		return part{h.OpCode, packed, payload}, n + len(payload), nil
	}
	p.begin(h)
	found, err = p.take(payload)
	return found, n + len(payload), err
}

// check judges a frame by its header, before its payload is there.
func (p *parser) check(h ws.Header, r rules) error {
	state := ws.StateServerSide
	if p.op != 0 {
		state |= ws.StateFragmented
	}
	plain := h
	if r.packed && h.Rsv1() && (h.OpCode == ws.OpText || h.OpCode == ws.OpBinary) {
		plain.Rsv = ws.Rsv(false, h.Rsv2(), h.Rsv3()) // RFC 7692, section 6: of a message's first frame
	}
	if err := ws.CheckHeader(plain, state); err != nil {
		return CloseError{ws.StatusProtocolError, err.Error()}
	}
	if !h.OpCode.IsControl() && h.Length > int64(r.max-len(p.message)) {
		return errTooBig
	}
	return nil
}

// begin begins a data frame whose payload is taken as it comes.
func (p *parser) begin(h ws.Header) {
	if p.op == 0 {
		p.op, p.packed = h.OpCode, h.Rsv1()
	}
	p.frame, p.left, p.inFrame = h, int(h.Length), true
}

// take adds the next bytes of the frame to its message.
func (p *parser) take(payload []byte) (part, error) {
	ws.Cipher(payload, p.frame.Mask, int(p.frame.Length)-p.left)
	p.message = append(p.message, payload...)
	p.left -= len(payload)
	done := p.left == 0 && p.frame.Fin
	if p.op == ws.OpText && !p.packed && !p.verify(done) {
		return part{}, errNotUTF8
	}
	p.inFrame = p.left > 0
	if !done {
		return part{}, nil
	}
	found := part{p.op, p.packed, p.message}
	*p = parser{}
	return found, nil
}

var (
	errNotUTF8 = CloseError{ws.StatusInvalidFramePayloadData, "text is not UTF-8"}
	errTooBig  = CloseError{ws.StatusMessageTooBig, "message too big"}
)

// verify checks what was added to a text. A character may be cut in two, but not
// at the end.
func (p *parser) verify(last bool) bool {
	rest := p.message[p.verified:]
	whole := len(rest)
	for i := 1; !last && i < utf8.UTFMax && i <= len(rest); i++ {
		if begin := len(rest) - i; utf8.RuneStart(rest[begin]) {
			if !utf8.FullRune(rest[begin:]) { // FullRune is true for what can become no character
				whole = begin
			}
			break
		}
	}
	p.verified += whole
	return utf8.Valid(rest[:whole])
}
