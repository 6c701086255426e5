package wsconn

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// This file reads links that no loop can watch: of types without a descriptor, and on
// systems without a poller.
//
// Invariant: each has one goroutine from being accepted to being closed. It waits without
// the turn, and without a buffer of more than a few bytes.

// readLoop reads a link that no loop watches, until the connection ends. While the
// client is silent, it holds no buffer but a few bytes.
func (c *Conn) readLoop() {
	if err := c.link().handshake(c.loop.server.limits.HandshakeTimeout); err != nil {
		if c.await() {
			c.finish(fmt.Errorf("wsconn: TLS: %w", err))
		}
		return
	}
	for inside := false; ; {
		buf, n, err := c.readSome(inside)
		mine := c.await()
		switch {
		case !mine:
			c.drainLoop(n, err)
		case n > 0:
			if inside, mine = c.serveSome(buf, n); !mine {
				c.drainLoop(0, nil)
			}
		}
		linkBuffers.put(buf)
		if !mine {
			return
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			c.cut(err)
			return
		}
		c.release()
	}
}

// readSome reads into a buffer, which begins with few bytes unless there is more to
// come, because the connection is inside of something.
func (c *Conn) readSome(inside bool) (buf *[linkBuffer]byte, n int, err error) {
	if inside {
		buf = linkBuffers.get()
		n, err = c.link().Read(buf[:])
		return buf, n, err
	}
	var few [16]byte
	n, err = c.link().Read(few[:])
	buf = linkBuffers.get()
	copy(buf[:], few[:n])
	return buf, n, err
}

// serveSome serves what was read, behind what was incomplete.
func (c *Conn) serveSome(buf *[linkBuffer]byte, n int) (inside, mine bool) {
	b := buf[:n]
	if in := c.input(); in != nil && len(in.rest) > 0 {
		b = append(bytes.Clone(in.rest), b...)
	}
	mine = c.serve(b)
	return mine && c.input() != nil, mine
}

// await waits for the turn. It reports false if there is none any more.
func (c *Conn) await() bool {
	c.mu.Lock()
	if c.phase >= phaseLast {
		c.mu.Unlock()
		return false
	}
	c.pinged = false
	if !c.busy {
		c.busy = true
		c.mu.Unlock()
		return true
	}
	c.wants |= wantRead
	c.mu.Unlock()
	<-c.link().turns
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase < phaseLast
}

// drainLoop reads what comes in the last phase.
func (c *Conn) drainLoop(n int, err error) {
	buf := make([]byte, 512)
	for {
		c.mu.Lock()
		if c.phase == phaseLast {
			c.drained(n, err != nil)
		}
		done := c.phase == phaseClosed || err != nil
		c.mu.Unlock()
		if done {
			return
		}
		n, err = c.link().Read(buf)
	}
}

// letReaderGo ends the waiting of a goroutine that reads for the turn, when there is
// none any more. The caller holds c.mu.
func (c *Conn) letReaderGo() {
	if c.link() != nil && c.link().turns != nil && c.wants&wantRead != 0 {
		c.wants &^= wantRead
		c.link().turns <- struct{}{}
	}
}
