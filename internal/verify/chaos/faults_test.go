package chaos

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// The faults of nodes. They hold the seat, so of two that meet the second waits.

// killNode kills a node with -9 and starts another one a while later.
func (r *round) killNode(f fault) error {
	s := r.seats[f.seat]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.node.kill()
	r.departed(s.node.node)
	r.tally.spent(s.node.process)
	time.Sleep(f.lasts)
	return r.startNode(f.seat)
}

// closeNode closes a node and starts another one a while later.
func (r *round) closeNode(f fault) error {
	s := r.seats[f.seat]
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.withdraw(f.seat); err != nil {
		return err
	}
	r.tally.spent(s.node.process)
	time.Sleep(f.lasts)
	return r.startNode(f.seat)
}

func (r *round) stopNode(f fault) error {
	s := r.seats[f.seat]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.node.freeze(f.lasts)
}

// burst attaches or detaches hundreds of clients. It does not wait until they
// are, so other faults come upon it in the middle.
func (r *round) burst(f fault) error {
	s := r.seats[f.seat]
	s.mu.Lock()
	defer s.mu.Unlock()
	n := burstSize
	if r.large && f.seat == 0 {
		n = largeBurstSize
	}
	if s.extra > 0 {
		n = -n
	}
	s.extra += n
	_, err := s.node.do(request{Do: doBurst, Clients: n})
	return err
}

// The faults of the server.

// flush empties the cache several times.
func (r *round) flush(f fault) error {
	return r.again(f, func() error { return r.cache.command("FLUSHALL") })
}

// killConnections drops all connections but its own several times.
func (r *round) killConnections(f fault) error {
	return r.again(f, func() error { return r.cache.command("CLIENT", "KILL", "TYPE", "normal") })
}

// again does something one to four times while a fault lasts.
func (r *round) again(f fault, do func() error) error {
	random := rand.New(rand.NewPCG(f.seed, 0))
	return r.cache.disturb(func() error {
		times := 1 + random.IntN(4)
		for range times {
			if err := do(); err != nil {
				return err
			}
			time.Sleep(time.Duration(random.Int64N(int64(f.lasts)/int64(times) + 1)))
		}
		return nil
	})
}

func (r *round) restartServer(f fault) error {
	return r.cache.disturb(func() error { return r.cache.restart(f.lasts) })
}

// stopServer stops the server for longer than nodes wait for it. It works on
// what they sent when it goes on, so they do not know the outcome.
func (r *round) stopServer(f fault) error {
	return r.cache.disturb(func() error { return r.cache.freeze(f.lasts) })
}

func (r *round) pauseAll(f fault) error { return r.pause(f, "ALL") }

func (r *round) pauseWrites(f fault) error { return r.pause(f, "WRITE") }

func (r *round) pause(f fault, what string) error {
	return r.cache.disturb(func() error {
		millis := strconv.FormatInt(f.lasts.Milliseconds(), 10)
		if err := r.cache.command("CLIENT", "PAUSE", millis, what); err != nil {
			return err
		}
		time.Sleep(f.lasts)
		return nil
	})
}
