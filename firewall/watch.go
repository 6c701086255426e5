package firewall

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

var errTooFew = errors.New("firewall: the session handler answered for too few or too many sessions")

// gather is how long changes of sessions are gathered before they are told: a
// busy website writes thousands a second, and who looks for their clients looks
// at all of them.
const gather = 200 * time.Millisecond

// watchAgain is the pause before a store is listened to again.
const watchAgain = 5 * time.Second

// Watch listens to the stores of those authenticators that are Instant, and calls
// changed when sessions have changed, with a function that finds their
// identities. It returns when ctx ends, at once if there is nothing to listen to.
// Whoever hears it calls [Firewall.Recheck] for them. What gets lost on the way,
// the next ordinary round finds.
func (f *Firewall) Watch(ctx context.Context, changed func(concerns func(*Identity) bool)) {
	var wg sync.WaitGroup
	for _, a := range f.opts.Authenticators {
		if a, ok := a.(*SessionAuthenticator); ok && a.Instant {
			w, ok := a.Sessions.(session.Watcher)
			if !ok {
				cmp.Or(f.opts.Logger, slog.Default()).Warn("firewall: these sessions cannot be watched, they are only read again now and then", "sessions", a.Sessions)
				continue
			}
			wg.Go(func() { f.watch(ctx, a, w, changed) })
		}
	}
	wg.Wait()
}

func (f *Firewall) watch(ctx context.Context, a *SessionAuthenticator, w session.Watcher, changed func(func(*Identity) bool)) {
	heard := &gathered{wake: make(chan struct{}, 1)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for heard.next(ctx) {
			ids, all := heard.take()
			changed(func(id *Identity) bool {
				return id.source != nil && id.source.by == a && (all || ids[id.source.session])
			})
		}
	})
	for ctx.Err() == nil {
		err := w.Watch(ctx, heard.add)
		if errors.Is(err, errors.ErrUnsupported) {
			cmp.Or(f.opts.Logger, slog.Default()).Warn("firewall: these sessions cannot be watched, they are only read again now and then", "err", err)
			break
		}
		if ctx.Err() == nil {
			cmp.Or(f.opts.Logger, slog.Default()).Warn("firewall: cannot listen for changes of sessions, trying again", "err", err, "after", watchAgain)
			sleep(ctx, watchAgain)
		}
	}
	wg.Wait()
}

// mostGathered bounds what is remembered of the changes. More are "anything".
const mostGathered = 10_000

// gathered is what has changed since it was last taken.
type gathered struct {
	mu   sync.Mutex
	ids  map[string]bool
	all  bool
	wake chan struct{}
}

func (g *gathered) add(ids []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all = g.all || ids == nil || len(g.ids)+len(ids) > mostGathered; g.all {
		g.ids = nil
	} else {
		if g.ids == nil {
			g.ids = make(map[string]bool)
		}
		for _, id := range ids {
			g.ids[id] = true
		}
	}
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// next waits for a change, and then for others.
func (g *gathered) next(ctx context.Context) bool {
	select {
	case <-g.wake:
		return sleep(ctx, gather)
	case <-ctx.Done():
		return false
	}
}

func (g *gathered) take() (ids map[string]bool, all bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ids, all = g.ids, g.all
	g.ids, g.all = nil, false
	select {
	case <-g.wake: // by what was gathered
	default:
	}
	return ids, all
}

// sleep reports whether ctx was still there after d.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
