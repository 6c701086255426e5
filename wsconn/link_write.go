package wsconn

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// This file writes to links.
//
// Invariant: a goroutine writes, and only while there is something to write, so what is
// queued meanwhile goes out together, and nobody else waits for the client.

// push has a goroutine write what waits. The caller holds c.mu.
func (l *link) push(c *Conn) {
	if !l.writing && c.out != nil && len(c.out.queue) > 0 {
		l.writing = true
		c.loop.server.running.Go(c.writeLink)
	}
}

// writeLink writes until nothing is left, so that what is queued while it writes
// goes out together.
func (c *Conn) writeLink() {
	for {
		c.mu.Lock()
		if c.out == nil || len(c.out.queue) == 0 {
			c.out, c.link().writing = nil, false
			if c.phase == phaseLast {
				c.flushed()
			}
			c.mu.Unlock()
			return
		}
		// What is being written no longer waits: a client that has read all of it
		// may ask for as much again before the write has returned.
		queue := c.out.queue
		c.out.queue, c.out.bytes = nil, 0
		c.out.hasRoom()
		c.mu.Unlock()

		frames := make(net.Buffers, len(queue))
		for i, ch := range queue {
			frames[i] = ch.b
		}
		if err := c.link().write(frames, c.loop.server.limits.WriteTimeout); err != nil {
			c.drop(err)
			return
		}
	}
}

// maxWrite is how much is written at once. A client that takes less than that in
// the write timeout is alive all the same, if it takes anything; but over TLS, a
// write that was cut short cannot be taken up again, so there it must take this.
const maxWrite = 64 << 10

// write writes frames, however many, and gives up when the client has taken
// nothing for the write timeout.
func (l *link) write(frames net.Buffers, timeout time.Duration) error {
	for len(frames) > 0 {
		piece := cutOff(&frames, maxWrite)
		for len(piece) > 0 {
			if l.over.Load() {
				return ErrClosed
			}
			l.SetWriteDeadline(time.Now().Add(timeout))
			n, err := piece.WriteTo(writerOf(l.Conn)) // leaves in piece what was not written
			if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
				return fmt.Errorf("wsconn: write: %w", err)
			}
		}
	}
	return nil
}

// writerOf returns what writes to nc. Of a type that embeds a connection of package net,
// net.Buffers would find the way around the type's own Write.
func writerOf(nc net.Conn) io.Writer {
	if isSocket(nc) {
		return nc
	}
	return struct{ io.Writer }{nc}
}

// cutOff takes at most limit bytes off the beginning of frames.
func cutOff(frames *net.Buffers, limit int) net.Buffers {
	var piece net.Buffers
	rest := *frames
	for len(rest) > 0 && limit > 0 {
		if len(rest[0]) > limit {
			piece = append(piece, rest[0][:limit])
			rest[0] = rest[0][limit:]
			break
		}
		piece = append(piece, rest[0])
		limit -= len(rest[0])
		rest = rest[1:]
	}
	*frames = rest
	return piece
}
