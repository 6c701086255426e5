package wsconn

import (
	"errors"
	"fmt"
	"syscall"
)

// arm has the poller look for one event, after which it looks no more: what comes then
// is read by a goroutine, which may take its time. The caller holds c.mu.
func (l *link) arm(c *Conn, events uint32) {
	if l.raw == nil || events == 0 || c.armed != 0 {
		return
	}
	was := uint32(0)
	if l.watched {
		was = 1
	}
	gen := c.loop.gen(c)
	// The descriptor is this connection's as long as Control runs.
	var err error
	failed := l.raw.Control(func(fd uintptr) {
		err = c.loop.poller.control(int(fd), was, events|syscall.EPOLLONESHOT, c.slot, gen)
	})
	if err := errors.Join(failed, err); err != nil {
		c.fault(fmt.Errorf("wsconn: %w", err))
		return
	}
	c.armed, l.watched = 1, true
}
