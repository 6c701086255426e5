package wsconn

import (
	"context"
	"errors"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
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

// recheckLoop asks the firewall, again and again, whether those who are
// connected are still who they were.
func (s *Server) recheckLoop() {
	ticker := time.NewTicker(s.limits.RecheckInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.base.Done():
			return
		case <-ticker.C:
			s.recheck()
		}
	}
}

// recheck closes the connections whose session has ended or has changed. Where
// the store fails they stay: that it cannot be asked says nothing about them.
func (s *Server) recheck() {
	var failed int
	var lastErr error
	var wasted time.Duration
	for _, c := range s.all() {
		start := time.Now()
		err := c.recheck()
		if err == nil {
			continue
		}
		failed, lastErr = failed+1, err
		wasted += time.Since(start)
		// A store that is slow to fail would hold up the whole round. The next
		// round begins with other connections, for a map has no order.
		if s.base.Err() != nil || wasted > s.limits.HandshakeTimeout {
			break
		}
	}
	if failed > 0 && s.base.Err() == nil {
		s.Logger.Warn("wsconn: cannot read sessions again, their clients are kept", "failed", failed, "err", lastErr)
	}
}

// recheck asks the firewall about one client and closes it if the answer calls
// for it. An error says that there was no answer.
func (c *Conn) recheck() error {
	ctx, cancel := context.WithTimeout(c.server.base, c.server.limits.HandshakeTimeout)
	defer cancel()
	id, err := c.server.Firewall.Recheck(ctx, c.identity)
	refusal, refused := errors.AsType[*firewall.Refusal](err)
	switch {
	case refused && refusal.Reason == firewall.ReasonStore:
		return err
	case refused:
		c.Close(StatusSignedOut, string(refusal.Reason))
	case id != c.identity:
		c.Close(StatusSignedOut, "the roles have changed")
	}
	return nil
}
