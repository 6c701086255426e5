package wsconn

import (
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// A parser turns the bytes that a client sends into messages. It does no input
// or output of its own, and keeps no bytes but those of a fragmented message.
type parser struct {
	max     int       // limit of a message, in bytes
	op      ws.OpCode // of the fragmented message that is under way, or 0
	message []byte    // its fragments so far
	checked int       // bytes of it that are known to be whole UTF-8 characters
}

// A part is what next finds: a whole message, or a control frame.
type part struct {
	op      ws.OpCode
	payload []byte
}

// next takes the first frame off b and unmasks it in place. It returns the
// frame's length; a part without an opcode, if the frame completes no message;
// and for a length of 0, how long b must be before it is worth asking again. A
// violation of the protocol or of the limit is a CloseError.
func (p *parser) next(b []byte) (found part, n, need int, err error) {
	h, n, err := parseHeader(b)
	if err != nil {
		return part{}, 0, 0, CloseError{ws.StatusProtocolError, err.Error()}
	}
	if n == 0 {
		return part{}, 0, len(b) + 1, nil
	}
	if err := p.check(h); err != nil {
		return part{}, 0, 0, err
	}
	need = n + int(h.Length)
	if len(b) < need {
		return part{}, 0, need, nil
	}
	payload := b[n:need:need]
	ws.Cipher(payload, h.Mask, 0)
	found, err = p.take(h, payload)
	return found, need, 0, err
}

// check judges a frame by its header, before its payload is there.
func (p *parser) check(h ws.Header) error {
	state := ws.StateServerSide
	if p.op != 0 {
		state |= ws.StateFragmented
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return CloseError{ws.StatusProtocolError, err.Error()}
	}
	if !h.OpCode.IsControl() && h.Length > int64(p.max-len(p.message)) {
		return CloseError{ws.StatusMessageTooBig, "message too big"}
	}
	return nil
}

// take adds a data frame to its message. A frame that is a message by itself is
// not copied.
func (p *parser) take(h ws.Header, payload []byte) (part, error) {
	switch {
	case h.OpCode.IsControl():
		return part{h.OpCode, payload}, nil
	case h.Fin && p.op == 0:
		if h.OpCode == ws.OpText && !utf8.Valid(payload) {
			return part{}, errNotUTF8
		}
		return part{h.OpCode, payload}, nil
	}
	if p.op == 0 {
		p.op = h.OpCode
	}
	p.message = append(p.message, payload...)
	if p.op == ws.OpText && !p.checkText(h.Fin) {
		return part{}, errNotUTF8
	}
	if !h.Fin {
		return part{}, nil
	}
	done := part{p.op, p.message}
	p.op, p.message, p.checked = 0, nil, 0
	return done, nil
}

var errNotUTF8 = CloseError{ws.StatusInvalidFramePayloadData, "text is not UTF-8"}

// checkText checks what was added to the message. A character may be cut in two
// between fragments, but not at the end.
func (p *parser) checkText(last bool) bool {
	rest := p.message[p.checked:]
	if last {
		return utf8.Valid(rest)
	}
	for len(rest) > 0 {
		if !utf8.FullRune(rest) {
			break
		}
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			return false
		}
		rest = rest[size:]
	}
	p.checked = len(p.message) - len(rest)
	return true
}
