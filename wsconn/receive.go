package wsconn

import (
	"errors"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/internal/deflate"
)

// This file says what becomes of the bytes that a client sends.
//
// Invariant: a connection keeps an input only while something is incomplete.

// input is what has come and is not complete.
type input struct {
	parser parser
	rest   []byte // of the handshake, or a part of a frame's header or of a control frame
}

// pending copies what is incomplete to the beginning of buf, behind which more is to
// be read.
func (c *Conn) pending(buf []byte) int {
	if in := c.input(); in != nil {
		return copy(buf, in.rest)
	}
	return 0
}

// rest is how much is incomplete.
func (c *Conn) rest() int {
	if in := c.input(); in != nil {
		return len(in.rest)
	}
	return 0
}

// space returns where to read to, behind what pending copies there: buf, or what of it a
// handshake may have, so that not much is kept while somebody asks who the client is. Only
// for a handshake that may be longer than buf it is made.
func (c *Conn) space(buf []byte) []byte {
	limit := c.loop.server.limits.MaxHeaderBytes
	switch {
	case c.phase != phaseRequest:
		return buf
	case limit <= len(buf):
		return buf[:limit]
	case c.rest() <= len(buf)/2:
		return buf
	default:
		return make([]byte, min(limit, c.rest()+len(buf)))
	}
}

// keep keeps what is incomplete.
func (c *Conn) keep(p parser, rest []byte) {
	if p.idle() && len(rest) == 0 {
		c.forget()
		return
	}
	x := c.extras()
	if x.input == nil {
		x.input = &input{}
	}
	x.input.parser = p
	if len(rest) == 0 {
		x.input.rest = nil
		return
	}
	x.input.rest = append(x.input.rest[:0], rest...)
}

// forget forgets it.
func (c *Conn) forget() {
	if x := c.extra.Load(); x != nil {
		x.input = nil
	}
}

// deliver handles what b completes, and keeps the rest. The error is why the
// connection ends. The caller has the turn; b begins with what pending returned, and
// is changed.
func (c *Conn) deliver(b []byte) error {
	var p parser
	if in := c.input(); in != nil {
		p = in.parser
	}
	r := rules{max: c.loop.server.limits.MaxMessageBytes, packed: c.deflate != 0}
	for len(b) > 0 {
		found, n, err := p.next(b, r)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		b = b[n:]
		switch found.op {
		case ws.OpText, ws.OpBinary:
			if err := c.message(found, r); err != nil {
				return err
			}
		case ws.OpPing:
			// A client that pings and does not read fills its queue like any slow
			// client.
			_ = c.control(ws.OpPong, found.payload)
		case ws.OpClose:
			c.parts()
			return parseClose(found.payload)
		}
	}
	c.keep(p, b)
	return nil
}

// message gives a message to the handler, unless the server ends the connection.
func (c *Conn) message(m part, r rules) error {
	c.spoke.Store(c.heard.Load())
	if c.isEnding() {
		return nil
	}
	if !m.packed {
		c.tellMessage(m.op, m.payload)
		return nil
	}
	buf := scratch.get()
	defer scratch.put(buf)
	payload, err := deflate.Inflate((*buf)[:0], m.payload, r.max)
	*buf = payload[:0]
	switch {
	case errors.Is(err, deflate.ErrTooBig):
		return errTooBig
	case err != nil:
		return CloseError{ws.StatusInvalidFramePayloadData, "cannot be inflated"}
	case m.op == ws.OpText && !utf8.Valid(payload):
		return errNotUTF8
	}
	c.tellMessage(m.op, payload)
	return nil
}

func (c *Conn) tellMessage(op ws.OpCode, payload []byte) {
	defer c.recovered()
	c.loop.server.Handler.OnMessage(c, op, payload)
}

// parts notes that the client has sent its close frame. The caller has the turn.
func (c *Conn) parts() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parted = true
}

// ended notes that the client has ended its side of the stream. The caller has the
// turn.
func (c *Conn) ended() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.eof = true
}
