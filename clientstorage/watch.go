package clientstorage

import (
	"context"
	"time"
)

// watchNodes begins to tell hooks of the nodes that come and go.
func (s *shared) watchNodes(h *hooks) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watching || s.closed {
		return
	}
	s.watching = true
	s.busy.Go(func() {
		w := watcher{hooks: h, known: make(map[NodeID]*watched)}
		ticker := time.NewTicker(s.opts.Lease / 3)
		defer ticker.Stop()
		for {
			w.look(s)
			select {
			case <-s.stopped.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// missesOfLost is how many looks in a row must not find a node until it is lost:
// one may fall into the moment after the cache was wiped, and one may find a list
// of nodes that two of them have just overwritten.
const missesOfLost = 3

type watcher struct {
	hooks *hooks
	known map[NodeID]*watched
}

type watched struct {
	node    Node
	missing int // looks in a row that did not find it
}

// look compares the nodes with those of the last look. What cannot be read says
// nothing.
func (w *watcher) look(s *shared) {
	ctx, cancel := context.WithTimeout(s.stopped, s.opts.Lease/3)
	defer cancel()
	answers, err := s.ask(ctx, nil)
	if err != nil {
		return
	}
	there := make(map[NodeID]bool, len(answers))
	for _, a := range answers {
		there[a.node] = true
		if a.err != nil {
			continue
		}
		n, known := a.describe(), w.known[a.node]
		w.known[a.node] = &watched{node: n}
		if known == nil {
			w.hooks.nodeJoined(n)
		}
	}
	for id, known := range w.known {
		if there[id] {
			continue
		}
		if known.missing++; known.missing == missesOfLost {
			delete(w.known, id)
			w.hooks.nodeLost(known.node)
		}
	}
}
