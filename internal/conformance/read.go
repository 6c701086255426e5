package conformance

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxFrame bounds the frames that a server may send.
const maxFrame = 64 << 20

// read hands on what the server sends until the stream ends or the server breaks
// the protocol.
func (s *session) read(r *bufio.Reader) {
	defer close(s.in)
	in := incoming{r: r, deflate: s.deflate}
	for {
		e, err := in.next()
		if err != nil {
			s.end = err
			if v, ok := err.(violation); ok {
				s.violation = string(v)
			}
			return
		}
		select {
		case s.in <- e:
		case <-s.done:
			return
		}
	}
}

// A violation is something that a server must not send.
type violation string

func (v violation) Error() string { return string(v) }

// incoming makes events of a server's frames.
type incoming struct {
	r       *bufio.Reader
	deflate *deflate

	closed     bool // a Close frame was the last
	fragmented bool
	compressed bool
	op         byte
	message    []byte
}

// next returns the next message or control frame.
func (in *incoming) next() (event, error) {
	for {
		f, err := in.frame()
		if err != nil {
			return event{}, err
		}
		switch f.op {
		case opClose:
			in.closed = true
			return event{closeFrame, f.payload}, checkClose(f.payload)
		case opPing:
			return event{pingFrame, f.payload}, nil
		case opPong:
			return event{pongFrame, f.payload}, nil
		}
		if err := in.add(f); err != nil {
			return event{}, err
		}
		if !f.more {
			return in.finish()
		}
	}
}

func checkClose(payload string) error {
	if len(payload) == 1 {
		return violation("a Close frame of one byte")
	}
	if len(payload) > 2 && !utf8.ValidString(payload[2:]) {
		return violation("a Close frame whose reason is not UTF-8")
	}
	return nil
}

// frame reads one frame.
func (in *incoming) frame() (frame, error) {
	var head [2]byte
	if _, err := io.ReadFull(in.r, head[:1]); err != nil {
		return frame{}, err
	}
	if in.closed {
		return frame{}, violation("bytes after the Close frame")
	}
	if _, err := io.ReadFull(in.r, head[1:]); err != nil {
		return frame{}, cutShort(err)
	}
	f := frame{op: head[0] & 0xf, rsv: head[0] >> 4 & 7, more: head[0]&0x80 == 0}
	if head[1]&0x80 != 0 {
		return frame{}, violation("a masked frame")
	}
	n, err := in.length(head[1])
	if err != nil {
		return frame{}, err
	}
	if f.op >= opClose && (n > 125 || f.more || f.rsv != 0) {
		return frame{}, violation("a control frame that is too long, fragmented or has reserved bits")
	}
	var payload bytes.Buffer
	if _, err := io.CopyN(&payload, in.r, int64(n)); err != nil {
		return frame{}, cutShort(err)
	}
	f.payload = payload.String()
	return f, nil
}

// cutShort is the error of a stream that ends where it must not.
func cutShort(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (in *incoming) length(b byte) (uint64, error) {
	n := uint64(b)
	var long [8]byte
	switch b {
	case 126:
		if _, err := io.ReadFull(in.r, long[6:]); err != nil {
			return 0, cutShort(err)
		}
		if n = binary.BigEndian.Uint64(long[:]); n < 126 {
			return 0, violation("a length in more bytes than it needs")
		}
	case 127:
		if _, err := io.ReadFull(in.r, long[:]); err != nil {
			return 0, cutShort(err)
		}
		if n = binary.BigEndian.Uint64(long[:]); n <= 0xffff {
			return 0, violation("a length in more bytes than it needs")
		}
	}
	if n > maxFrame {
		return 0, violation(fmt.Sprintf("a frame of %d bytes", n))
	}
	return n, nil
}

// add adds a frame to the message.
func (in *incoming) add(f frame) error {
	switch {
	case f.op > opBinary:
		return violation(fmt.Sprintf("a frame with the opcode %d", f.op))
	case (f.op == opContinuation) != in.fragmented:
		return violation("a fragment out of order")
	case f.rsv&^rsv1 != 0, f.rsv != 0 && (in.deflate == nil || in.fragmented):
		return violation(fmt.Sprintf("reserved bits %03b", f.rsv))
	}
	if !in.fragmented {
		in.op, in.compressed = f.op, f.rsv == rsv1
	}
	in.message = append(in.message, f.payload...)
	in.fragmented = f.more
	return nil
}

// finish returns the message and forgets it.
func (in *incoming) finish() (event, error) {
	message := in.message
	in.message = nil
	if in.compressed {
		var err error
		if message, err = in.deflate.decompress(message); err != nil {
			return event{}, violation(fmt.Sprintf("cannot inflate: %v", err))
		}
	}
	if in.op == opBinary {
		return event{binaryMessage, string(message)}, nil
	}
	if !utf8.Valid(message) {
		return event{}, violation("a text that is not UTF-8")
	}
	return event{textMessage, string(message)}, nil
}
