package conformance

import (
	"encoding/binary"
	"fmt"
)

// Opcodes: RFC 6455, section 5.2.
const (
	opContinuation byte = 0
	opText         byte = 1
	opBinary       byte = 2
	opClose        byte = 8
	opPing         byte = 9
	opPong         byte = 10
)

// Reserved bits of a frame. The suite's RSV numbers are these.
const (
	rsv1 byte = 4
	rsv2 byte = 2
	rsv3 byte = 1
)

// A frame is what a client sends, right or wrong.
type frame struct {
	op       byte
	more     bool // FIN is 0
	rsv      byte
	payload  string
	unmasked bool
	wide     int    // the bytes of the extended length: 2 or 8, or 0 for the fewest
	declared uint64 // the length that the header has, if it is not that of the payload
}

func text(payload string) frame         { return frame{op: opText, payload: payload} }
func bin(payload string) frame          { return frame{op: opBinary, payload: payload} }
func continuation(payload string) frame { return frame{op: opContinuation, payload: payload} }
func ping(payload string) frame         { return frame{op: opPing, payload: payload} }
func pong(payload string) frame         { return frame{op: opPong, payload: payload} }

// closing is a Close frame.
func closing(code int, reason string) frame {
	return frame{op: opClose, payload: string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason}
}

// open returns f with FIN = 0.
func (f frame) open() frame { f.more = true; return f }

// reserved returns f with reserved bits.
func (f frame) reserved(bits byte) frame { f.rsv = bits; return f }

// lengthIn returns f with its length in 2 or 8 bytes, needed or not.
func (f frame) lengthIn(bytes int) frame { f.wide = bytes; return f }

// declares returns f with another length in the header.
func (f frame) declares(n uint64) frame { f.declared = n; return f }

// bare returns f without a mask.
func (f frame) bare() frame { f.unmasked = true; return f }

// encode appends the frame to b, masked with key.
func (f frame) encode(b []byte, key [4]byte) []byte {
	first := f.op | f.rsv<<4
	if !f.more {
		first |= 0x80
	}
	n := uint64(len(f.payload))
	if f.declared > 0 {
		n = f.declared
	}
	var maskBit byte = 0x80
	if f.unmasked {
		maskBit = 0
	}
	switch {
	case f.wide == 8 || n > 0xffff:
		b = binary.BigEndian.AppendUint64(append(b, first, 127|maskBit), n)
	case f.wide == 2 || n > 125:
		b = binary.BigEndian.AppendUint16(append(b, first, 126|maskBit), uint16(n))
	default:
		b = append(b, first, byte(n)|maskBit)
	}
	if f.unmasked {
		return append(b, f.payload...)
	}
	b = append(b, key[:]...)
	start := len(b)
	b = append(b, f.payload...)
	mask(b[start:], key)
	return b
}

// mask masks b: RFC 6455, section 5.3.
func mask(b []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	n := len(b) &^ 7
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], binary.LittleEndian.Uint64(b[i:])^k)
	}
	for i := n; i < len(b); i++ {
		b[i] ^= key[i&3]
	}
}

// fragments cuts a message into frames whose payloads have at most size bytes;
// there are at least one. The first keeps the reserved bits.
func fragments(f frame, size int) []frame {
	var all []frame
	for rest := f.payload; ; {
		n := min(size, len(rest))
		part := frame{op: opContinuation, payload: rest[:n], more: n < len(rest)}
		if len(all) == 0 {
			part.op, part.rsv = f.op, f.rsv
		}
		all = append(all, part)
		if rest = rest[n:]; rest == "" {
			return all
		}
	}
}

// An event is something that happened before the end: a message or control frame
// of the server, or that it was silent for a while.
type event struct {
	kind    string
	payload string
}

const (
	textMessage   = "text"
	binaryMessage = "binary"
	pingFrame     = "ping"
	pongFrame     = "pong"
	silence       = "silence"
)

func (e event) String() string {
	if len(e.payload) > 24 {
		return fmt.Sprintf("%s of %d bytes", e.kind, len(e.payload))
	}
	return fmt.Sprintf("%s %q", e.kind, e.payload)
}

// echo is the event that answers a message.
func echo(f frame) event {
	switch f.op {
	case opText:
		return event{textMessage, f.payload}
	case opPing:
		return event{pongFrame, f.payload}
	default:
		return event{binaryMessage, f.payload}
	}
}
