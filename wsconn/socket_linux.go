package wsconn

import (
	"fmt"
	"syscall"
)

// This file is what the kernel does with the socket of a connection. All of it is
// called with c.mu held, and none of it waits.

// arm has the poller look for what the connection wants to know.
func (c *Conn) arm() {
	if c.loop.poller == nil || c.phase == phaseClosed {
		return
	}
	var events uint32
	if !c.deaf {
		events = readable
	}
	if c.link() != nil {
		c.link().arm(c, events)
		return
	}
	if c.out != nil && len(c.out.queue) > 0 {
		events |= writable
	}
	c.watch(int(c.fd), events)
}

func (c *Conn) watch(fd int, events uint32) {
	if armBits(events) == c.armed {
		return
	}
	err := c.loop.poller.control(fd, uint32(c.armed), events, c.slot, c.loop.gen(c))
	if err != nil {
		// There is no memory for it in the kernel, or nothing works any more.
		s := c.loop.server
		s.crew.do(func() { s.Logger.Error("wsconn: cannot watch a socket, it is closed", "err", err) })
		c.fault(fmt.Errorf("wsconn: %w", err))
		return
	}
	c.armed = armBits(events)
}

// armBits is enough to tell one set of events from another.
func armBits(events uint32) (bits uint8) {
	if events&readable != 0 {
		bits |= 1
	}
	if events&writable != 0 {
		bits |= 2
	}
	return bits
}

// writeSocket writes to a bare socket as much as it takes.
func (c *Conn) writeSocket(b []byte) (n int, err error) {
	if c.fd < 0 {
		return 0, ErrClosed
	}
	for n < len(b) {
		m, err := syscall.Write(int(c.fd), b[n:])
		switch err {
		case nil:
			n += m
			if n < len(b) {
				return n, nil // it is full; the poller tells when it is not
			}
		case syscall.EAGAIN:
			return n, nil
		case syscall.EINTR:
		default:
			return n, fmt.Errorf("wsconn: write: %w", err)
		}
	}
	return n, nil
}

// halfClose ends the server's side of the stream, and reports whether the client's
// can be waited for.
func (c *Conn) halfClose() bool {
	if c.link() != nil {
		return c.link().halfClose(c)
	}
	return syscall.Shutdown(int(c.fd), syscall.SHUT_WR) == nil
}

// interrupt has the peer see the end, although the owner of the turn may be busy for
// long before it closes the socket.
func (c *Conn) interrupt() {
	if c.link() != nil {
		c.link().interrupt()
		return
	}
	syscall.Shutdown(int(c.fd), syscall.SHUT_RDWR)
}

func closeDescriptor(fd int32) { syscall.Close(int(fd)) }
