package wsconn

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// A runner runs a loop.
//
// Invariant: it takes one read per event and one write per batch of answers. Bytes are
// read into its own buffer and taken apart there; a connection keeps only what is
// incomplete. What is not read raises the event again.
type runner struct {
	loop   *loop
	waiter *waiter
	buf    []byte
	out    *output // lent to the connection it is at, for the batch of answers
	conns  []*Conn
}

// readBuffer is how much is read at once.
const readBuffer = 64 << 10

// start starts a runner.
func (l *loop) start() {
	if l.poller == nil {
		return
	}
	l.server.runners.Go((&runner{
		loop:   l,
		waiter: newWaiter(l.poller),
		buf:    make([]byte, readBuffer),
		out:    newBatch(),
	}).run)
}

func newBatch() *output { return &output{batch: make([]byte, 0, batchBytes)} }

func (r *runner) run() {
	for {
		events, err := r.waiter.wait()
		if err != nil {
			return // the server ends
		}
		l := r.loop
		at := now()
		r.resolve(events)
		for i, c := range r.conns {
			listener := events[i].Fd == listenerSlot
			if c == nil && !listener {
				continue
			}
			section := l.sections.Add(1)
			l.at.Store(c)
			l.section.Store(section)
			l.server.rouse()
			if listener {
				l.server.rawListener(events[i].Pad).acceptSome()
			} else {
				r.event(c, events[i].Events, at, section)
			}
			if !l.section.CompareAndSwap(section, 0) {
				r.passOn(events, i+1, at)
				return
			}
		}
		l.at.Store(nil)
		clear(r.conns)
	}
}

// passOn gives up the events that are left when the loop is another's by now. Those of
// bare sockets are raised again; those of links are not, and are only handed to the
// crew here.
func (r *runner) passOn(events []syscall.EpollEvent, from int, at uint32) {
	for i := from; i < len(r.conns); i++ {
		if c := r.conns[i]; c != nil && c.link() != nil {
			r.event(c, events[i].Events, at, 0)
		}
	}
}

// rawListener returns one by its number.
func (s *Server) rawListener(number int32) *rawListener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw[number]
}

// resolve finds the connections of events. One that is gone is nil.
func (r *runner) resolve(events []syscall.EpollEvent) {
	r.conns = r.conns[:0]
	l := r.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		r.conns = append(r.conns, l.get(uint32(events[i].Fd), uint32(events[i].Pad)))
	}
}

// event serves one connection.
func (r *runner) event(c *Conn, events, at uint32, section uint64) {
	c.mu.Lock()
	if c.link() != nil {
		c.armed = 0 // kept connections are armed for one event at a time
	}
	if events&(writable|broken) != 0 && c.link() == nil && c.out != nil {
		c.flush()
	}
	switch {
	case events&(readable|broken) == 0, c.phase == phaseClosed:
		c.mu.Unlock()
		return
	case c.phase == phaseLast && c.link() == nil:
		n, err := readSocket(c.fd, r.buf)
		if n > 0 || err != errAgain {
			c.drained(n, n == 0)
		}
		c.mu.Unlock()
		return
	case c.phase == phaseLast:
		c.mu.Unlock()
		c.loop.server.crew.do(c.drainLink)
		return
	case c.busy:
		c.wants |= wantRead
		c.deaf = true
		c.arm()
		c.mu.Unlock()
		return
	}
	c.busy, c.pinged = true, false
	c.heard.Store(at)
	if c.link() != nil {
		c.mu.Unlock()
		c.loop.server.crew.do(c.readLink)
		return
	}
	// If the loop is another's already, nobody watches over the batch.
	c.corked = r.loop.section.Load() == section
	if c.out == nil {
		c.out = r.out
	}
	c.mu.Unlock()
	r.read(c, at)
}

// read reads once, has what came delivered, and gives the turn back, or to the crew.
func (r *runner) read(c *Conn, at uint32) {
	buf := c.space(r.buf)
	n := c.pending(buf)
	got, err := readSocket(c.fd, buf[n:])
	switch {
	case err == errAgain:
		err = nil
	case err != nil:
		err = fmt.Errorf("wsconn: read: %w", err)
	case got == 0:
		c.ended()
		err = fmt.Errorf("wsconn: read: %w", io.EOF)
	default:
		if b := buf[:n+got]; c.phase == phaseRequest {
			if r.request(c, b) {
				return
			}
		} else if r.loop.server.handsOff() {
			r.handOff(c, b)
			return
		} else {
			err = c.deliver(b)
		}
	}
	switch {
	case err == nil:
		r.giveBack(c, at)
	case c.loop.server.direct && !c.loop.server.handsOff():
		c.finish(err)
		r.takeBack(c)
	default:
		r.takeBack(c)
		s := c.loop.server
		s.crew.do(func() { s.timed(s.direct, func() { c.finish(err) }) })
	}
}

// giveBack is release for the usual case, in which nothing was asked of the owner.
func (r *runner) giveBack(c *Conn, at uint32) {
	c.mu.Lock()
	c.corked = false
	r.unlend(c)
	if c.wants&^wantRead != 0 {
		c.mu.Unlock()
		c.loop.server.crew.do(c.release)
		return
	}
	c.heard.Store(at)
	if c.deaf {
		c.listen()
	} else {
		c.busy = false
	}
	c.mu.Unlock()
}

// takeBack ends the batch of a connection whose turn goes to somebody else.
func (r *runner) takeBack(c *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = false
	r.unlend(c)
}

// unlend writes the batch and takes the output back, or leaves it to the connection
// if the client does not take all of it. The caller holds c.mu.
func (r *runner) unlend(c *Conn) {
	c.flush()
	r.out.hasRoom()
	if c.out == r.out && len(r.out.queue) > 0 {
		r.out.batch = nil // which flush has emptied
		r.out = newBatch()
		return
	}
	// All is written, or given up because nobody is there any more; then it must not
	// be what the next connection begins with.
	if c.out == r.out {
		c.out = nil
	}
	*r.out = output{batch: r.out.batch[:0]}
}

// request collects the handshake. It reports whether the turn is gone: of the crew,
// which asks who it is, if that may wait.
func (r *runner) request(c *Conn, b []byte) (gone bool) {
	head, tail, err := c.collect(b)
	if head == nil && err == nil {
		return false
	}
	c.asked()
	s := c.loop.server
	if s.quick && !s.handsOff() {
		if !c.answer(head, tail, err) {
			r.takeBack(c)
			return true
		}
		return false
	}
	head, tail = cloneBoth(head, tail)
	r.takeBack(c)
	s.crew.do(func() {
		mine := false
		s.timed(s.quick, func() { mine = c.answer(head, tail, err) })
		if mine {
			c.release()
		}
	})
	return true
}

// handOff hands what came to the crew.
func (r *runner) handOff(c *Conn, b []byte) {
	b = append([]byte(nil), b...)
	r.takeBack(c)
	s := c.loop.server
	s.crew.do(func() {
		mine := false
		s.timed(true, func() { mine = c.serve(b) })
		if mine {
			c.release()
		}
	})
}

var errAgain = errors.New("wsconn: nothing to read")

// readSocket reads from a bare socket, which may have nothing.
func readSocket(fd int32, b []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), b)
		switch err {
		case nil:
			return n, nil
		case syscall.EAGAIN:
			return 0, errAgain
		case syscall.EINTR:
		default:
			return 0, err
		}
	}
}
