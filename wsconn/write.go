package wsconn

import (
	"context"
	"errors"
	"fmt"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/internal/deflate"
)

// ErrSlow says that a message was not queued because the client is too slow and
// Limits.Slow says to drop the newest, or there is nothing older that could be dropped.
var ErrSlow = errors.New("wsconn: the client is too slow, the message was dropped")

// Write queues a message for the client: op is ws.OpText, whose payload must be
// UTF-8, or ws.OpBinary. It copies payload and does not wait. It returns
// ErrClosed if the connection is closed or closing. If the client is so slow that
// its queue is full, Limits.Slow says what happens.
func (c *Conn) Write(op ws.OpCode, payload []byte) error {
	if err := checkOp(op); err != nil {
		return err
	}
	if c.packs(payload) {
		return c.writePacked(op, payload)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put(first(op), payload)
}

// WriteWait queues a message as Write does, but when the queue is full it waits
// until there is room, or ctx ends. A handler may call it: its own client is kept
// waiting, the others are not.
func (c *Conn) WriteWait(ctx context.Context, op ws.OpCode, payload []byte) error {
	if err := checkOp(op); err != nil {
		return err
	}
	frame := c.frame(op, payload)
	for {
		c.mu.Lock()
		if c.mute || !c.full(frame) {
			err := c.enqueue(frame, true)
			c.mu.Unlock()
			return err
		}
		c.corked = false // or it would wait for itself
		c.flush()
		if c.mute || !c.full(frame) {
			c.mu.Unlock()
			continue
		}
		room := c.room()
		c.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Send queues a message for one client of this server, as [Conn.Write] does. It
// returns clientstorage.ErrNotFound if the client is not, or no longer, among them.
func (s *Server) Send(id clientstorage.ID, op ws.OpCode, payload []byte) error {
	s.init()
	c := s.index.get(id)
	if c == nil {
		return clientstorage.ErrNotFound
	}
	return c.Write(op, payload)
}

// SendUser queues a message for all clients of a user on this server, and returns
// for how many. A client that cannot take it is no error: it is closed or closing, or too
// slow.
func (s *Server) SendUser(user string, op ws.OpCode, payload []byte) (n int, err error) {
	s.init()
	m, err := newMessage(op, payload)
	if err != nil {
		return 0, err
	}
	for client := range s.Storage.Local().ByUser(user) {
		if c := s.index.get(client.ID); c != nil && m.sendTo(c) == nil {
			n++
		}
	}
	return n, nil
}

// Broadcast queues one message for every client of this server, as [Conn.Write]
// does for one. The message is encoded once. A slow client does not delay the
// others.
func (s *Server) Broadcast(op ws.OpCode, payload []byte) error {
	s.init()
	m, err := newMessage(op, payload)
	if err != nil {
		return err
	}
	for _, c := range s.all() {
		// A client that cannot take it is closed or closing, which its own
		// OnClose tells, or has it dropped.
		_ = m.sendTo(c)
	}
	return nil
}

// A message is for many clients, who share its bytes.
type message struct {
	op      ws.OpCode
	payload []byte
	plain   []byte // the frame
	packed  []byte // the frame, compressed; nil until somebody needs it
}

func newMessage(op ws.OpCode, payload []byte) (*message, error) {
	if err := checkOp(op); err != nil {
		return nil, err
	}
	return &message{op: op, payload: payload, plain: appendFrame(nil, first(op), payload)}, nil
}

func (m *message) sendTo(c *Conn) error {
	if !c.isOpen() { // nobody has asked who it is, maybe
		return ErrClosed
	}
	frame := m.plain
	if c.packs(m.payload) {
		if m.packed == nil {
			m.packed = pack(m.op, m.payload)
		}
		frame = m.packed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.enqueue(frame, true)
}

// isOpen reports whether the handshake is done and the connection has not ended.
func (c *Conn) isOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase == phaseOpen
}

func checkOp(op ws.OpCode) error {
	if op != ws.OpText && op != ws.OpBinary {
		return fmt.Errorf("wsconn: a message is text or binary, not opcode %d", op)
	}
	return nil
}

// control queues a control frame.
func (c *Conn) control(op ws.OpCode, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put(first(op), payload)
}

// packs reports whether a message is compressed for this client.
func (c *Conn) packs(payload []byte) bool {
	return c.deflate != 0 && c.deflate.Fits(len(payload))
}

func (c *Conn) writePacked(op ws.OpCode, payload []byte) error {
	buf := scratch.get()
	defer scratch.put(buf)
	first := first(op)
	packed, smaller := deflate.Deflate((*buf)[:0], payload)
	if smaller {
		*buf = packed[:0]
		payload, first = packed, first|rsv1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put(first, payload)
}

// frame encodes a message for this client.
func (c *Conn) frame(op ws.OpCode, payload []byte) []byte {
	if c.packs(payload) {
		return pack(op, payload)
	}
	return appendFrame(nil, first(op), payload)
}

// pack encodes a message as a compressed frame, if that is shorter.
func pack(op ws.OpCode, payload []byte) []byte {
	buf := scratch.get()
	defer scratch.put(buf)
	packed, smaller := deflate.Deflate((*buf)[:0], payload)
	if !smaller {
		return appendFrame(nil, first(op), payload)
	}
	*buf = packed[:0]
	return appendFrame(nil, first(op)|rsv1, packed)
}
