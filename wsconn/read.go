package wsconn

import (
	"fmt"

	"github.com/gobwas/ws"
)

// readBuffer is how much a connection reads at once, unless a frame is longer. It
// is most of what an idle client costs, and most clients are idle.
const readBuffer = 1 << 10

// read delivers what the client sends until the connection ends, and returns
// why. Tail is what came with the handshake.
func (c *Conn) read(tail []byte) error {
	p := parser{max: c.server.limits.MaxMessageBytes}
	buf := make([]byte, len(tail), max(readBuffer, len(tail)))
	copy(buf, tail)
	for {
		rest, need, err := c.deliver(&p, buf)
		if err != nil {
			return err
		}
		buf = makeRoom(buf, rest, need)
		c.listen()
		n, err := c.nc.Read(buf[len(buf):cap(buf)])
		c.busy.Store(true)
		if n > 0 {
			buf = buf[:len(buf)+n]
			continue // the error, if any, comes again
		}
		if err != nil {
			return fmt.Errorf("wsconn: read: %w", err)
		}
	}
}

// deliver handles all the frames in b. It returns the rest of b, and how long
// that must be to go on.
func (c *Conn) deliver(p *parser, b []byte) (rest []byte, need int, err error) {
	for {
		found, n, need, err := p.next(b)
		if err != nil {
			return nil, 0, err
		}
		if n == 0 {
			return b, need, nil
		}
		b = b[n:]
		switch found.op {
		case ws.OpText, ws.OpBinary:
			if !c.isEnding() {
				c.call(func() { c.server.Handler.OnMessage(c, found.op, found.payload) })
			}
		case ws.OpPing:
			c.pong(found.payload)
		case ws.OpClose:
			return nil, 0, parseClose(found.payload)
		}
	}
}

// pong answers a ping. A client that pings and does not read fills its queue
// like any slow client.
func (c *Conn) pong(payload []byte) {
	_ = c.queue(encode(ws.OpPong, payload))
}

// makeRoom returns a buffer that begins with rest and has room for more, given
// how long rest must become to go on. It grows with what has arrived, to at most
// twice that, whatever length a client declares; and it shrinks when a long
// frame is done.
func makeRoom(buf, rest []byte, need int) []byte {
	size := readBuffer
	if need > readBuffer {
		size = min(need, max(2*len(rest), readBuffer))
	}
	if cap(buf) == size || cap(buf) > size && need > readBuffer {
		return buf[:copy(buf[:cap(buf)], rest)]
	}
	return append(make([]byte, 0, size), rest...)
}
