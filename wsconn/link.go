package wsconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A link is a net.Conn, of a connection for which a bare descriptor is not enough:
// of TLS, of a type of somebody else, or where there is no poller.
//
// Invariant: its Read and Write may wait, so they are never called by a loop or under
// c.mu. What it reads for, the loop tells where there is a descriptor to watch; else a
// goroutine waits, with a buffer of a few bytes only. One goroutine writes, while there
// is something to write.
type link struct {
	net.Conn
	raw     syscall.RawConn // to watch; nil if a goroutine reads
	turns   chan struct{}   // the goroutine that reads is handed the turn; nil if the loop watches
	writing bool            // a goroutine is at it; guarded by c.mu
	watched bool            // the poller knows it; guarded by c.mu
	secured bool            // the TLS handshake is done; belongs to the turn
}

// newLink returns the link for nc. The loop can watch it if it has a descriptor, even
// if it is TLS on top of one.
func newLink(nc net.Conn, watch bool) *link {
	l := &link{Conn: nc}
	under := nc
	for {
		inner, ok := under.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		under = inner.NetConn()
	}
	if sc, ok := under.(syscall.Conn); ok && watch {
		if raw, err := sc.SyscallConn(); err == nil {
			l.raw = raw
		}
	}
	if l.raw == nil {
		l.turns = make(chan struct{}, 1)
	}
	return l
}

// secure reports whether the link is TLS.
func (l *link) secure() bool {
	_, ok := l.Conn.(interface{ ConnectionState() tls.ConnectionState })
	return ok
}

// handshake does that of TLS, which cannot be done in pieces: a client that is slow
// with it holds a goroutine for the time of a handshake.
func (l *link) handshake(timeout time.Duration) error {
	shaker, ok := l.Conn.(interface{ HandshakeContext(context.Context) error })
	if l.secured || !ok {
		return nil
	}
	l.secured = true
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return shaker.HandshakeContext(ctx)
}

// once is how long Read may wait for what a loop has seen coming. It is more than
// nothing only if a TLS record has come in part.
const once = 100 * time.Millisecond

var longAgo = time.Unix(1, 0)

// readLink reads what the loop has seen coming, and what lies in the layers of the
// connection and so would raise no event. The caller has the turn.
func (c *Conn) readLink() {
	l := c.link()
	if err := l.handshake(c.loop.server.limits.HandshakeTimeout); err != nil {
		c.finish(fmt.Errorf("wsconn: TLS: %w", err))
		return
	}
	buf := linkBuffers.get()
	defer linkBuffers.put(buf)
	for deadline := time.Now().Add(once); ; deadline = longAgo {
		n := c.pending(buf[:])
		l.SetReadDeadline(deadline)
		got, err := l.Read(buf[n:])
		c.heard.Store(now())
		if got > 0 && !c.serve(buf[:n+got]) {
			return
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.release()
			return
		case err != nil:
			c.cut(err)
			return
		}
	}
}

// linkBuffer is how much of a link is read at once. It is longer than all that a
// connection keeps: see maxRest.
const linkBuffer = 16 << 10

var linkBuffers = bufferPool[[linkBuffer]byte]{}

// A bufferPool holds buffers of one size.
type bufferPool[T any] struct{ pool sync.Pool }

func (p *bufferPool[T]) get() *T {
	if b, ok := p.pool.Get().(*T); ok {
		return b
	}
	return new(T)
}

func (p *bufferPool[T]) put(b *T) { p.pool.Put(b) }

// drainLink reads what comes in the last phase.
func (c *Conn) drainLink() {
	buf := linkBuffers.get()
	defer linkBuffers.put(buf)
	c.link().SetReadDeadline(time.Now().Add(once))
	n, err := c.link().Read(buf[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseLast {
		c.drained(n, err != nil && !errors.Is(err, os.ErrDeadlineExceeded))
	}
}

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
		n, err = c.link().Read(buf[:linkBuffer-maxRest])
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
	if in := c.input(); in != nil && len(in.rest) > 0 {
		copy(buf[len(in.rest):], buf[:n])
		n += c.pending(buf[:])
	}
	mine = c.serve(buf[:n])
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

// cut ends a connection whose reading fails.
func (c *Conn) cut(err error) {
	if errors.Is(err, io.EOF) {
		c.ended()
	}
	c.finish(fmt.Errorf("wsconn: read: %w", err))
}

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
			l.SetWriteDeadline(time.Now().Add(timeout))
			n, err := piece.WriteTo(l.Conn) // leaves in piece what was not written
			if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
				return fmt.Errorf("wsconn: write: %w", err)
			}
		}
	}
	return nil
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

// interrupt ends the waiting of those who read or write.
func (l *link) interrupt() { l.SetDeadline(longAgo) }

// halfClose ends the server's side of the stream, if the connection can.
func (l *link) halfClose(c *Conn) bool {
	half, ok := l.Conn.(interface{ CloseWrite() error })
	if !ok {
		return false
	}
	if !l.secure() {
		return half.CloseWrite() == nil
	}
	// To say that in TLS may wait for the client.
	c.loop.server.running.Go(func() {
		l.SetWriteDeadline(time.Now().Add(lingerTime))
		half.CloseWrite()
	})
	return true
}

// close closes the socket. TLS would say good-bye once more, for which it may wait.
func (l *link) close() {
	l.SetWriteDeadline(time.Now().Add(lingerTime))
	l.Conn.Close()
}
