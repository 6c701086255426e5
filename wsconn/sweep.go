package wsconn

import (
	"errors"
	"time"

	"github.com/gobwas/ws"
)

// errSilent says that a client did not answer a ping.
var errSilent = errors.New("wsconn: the client has gone silent")

// pingLoop pings the silent and drops the dead. One goroutine does it for all
// connections, so none of them needs a timer.
func (s *Server) pingLoop() {
	interval := s.limits.PingInterval
	ticker := time.NewTicker(min(max(interval/8, 10*time.Millisecond), time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-s.base.Done():
			return
		case now := <-ticker.C:
			for _, c := range s.all() {
				c.pingAt(now, interval)
			}
		}
	}
}

// pingAt pings a client that was silent for an interval, and drops it an interval
// later. While its handler is busy, it is the server that does not listen.
func (c *Conn) pingAt(now time.Time, interval time.Duration) {
	if c.busy.Load() {
		return
	}
	at := sinceStart(now)
	pinged := c.pinged.Load()
	switch {
	case pinged != 0 && at-pinged >= int64(interval):
		c.drop(errSilent)
	case pinged == 0 && at-c.since.Load() >= int64(interval) && c.pinged.CompareAndSwap(0, at):
		_ = c.queue(ws.CompiledPing)
	}
}
