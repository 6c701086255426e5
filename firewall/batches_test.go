package firewall_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// many is a store that counts how often it is asked.
type many struct {
	*sessions
	calls, asked, most atomic.Int32
}

func (m *many) ReadMany(ctx context.Context, ids []string) []session.Result {
	m.calls.Add(1)
	m.asked.Add(int32(len(ids)))
	m.most.Store(max(m.most.Load(), int32(len(ids))))
	results := make([]session.Result, len(ids))
	for i, id := range ids {
		results[i].Session, results[i].Err = m.Read(ctx, id)
	}
	return results
}

// Six tabs of each of a thousand sessions, half of which have ended. Each session
// is read once, in batches, and each client gets the verdict about its own.
func TestRecheckInBatches(t *testing.T) {
	for _, spread := range []time.Duration{0, time.Minute} {
		t.Run(fmt.Sprint(spread), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &many{sessions: &sessions{}}
				fw, _ := newFirewall(t, store)
				const n, tabs = 1000, 6
				var ids []*firewall.Identity
				for range tabs {
					for i := range n {
						sid := fmt.Sprintf("%s-%d", sid, i)
						store.put(sid, map[string]any{"user": fmt.Sprint("user", i)})
						ids = append(ids, enter(t, fw, sid))
					}
				}
				anonymous := enter(t, fw, "nobody"+sid)
				ids = slices.Insert(ids, 7, anonymous)
				for i := range n {
					if i%2 == 1 {
						delete(store.byID, fmt.Sprintf("%s-%d", sid, i))
					}
				}
				start, seen := time.Now(), make(map[int]bool)
				for i, v := range fw.Recheck(t.Context(), ids, spread) {
					if seen[i] || ids[i] == anonymous {
						t.Errorf("a verdict too many about client %d", i)
					}
					seen[i] = true
					var user int
					fmt.Sscanf(ids[i].User, "user%d", &user)
					if gone := v.Identity == nil; gone != (user%2 == 1) {
						t.Errorf("%s: %+v", ids[i].User, v)
					}
				}
				if len(seen) != n*tabs {
					t.Errorf("%d verdicts, want %d", len(seen), n*tabs)
				}
				if calls, asked, most := store.calls.Load(), store.asked.Load(), store.most.Load(); asked != n || calls != 4 || most != 256 {
					t.Errorf("%d sessions were read in %d batches of at most %d", asked, calls, most)
				}
				if took := time.Since(start); took > spread || took < spread/3 {
					t.Errorf("the round took %s of %s", took, spread)
				}
			})
		})
	}
}

// Who has seen enough may stop, and a round ends with its context.
func TestRecheckStops(t *testing.T) {
	store := &many{sessions: &sessions{}}
	fw, _ := newFirewall(t, store)
	var ids []*firewall.Identity
	for i := range 1000 {
		sid := fmt.Sprintf("%s-%d", sid, i)
		store.put(sid, map[string]any{"user": "alice"})
		ids = append(ids, enter(t, fw, sid))
	}
	for range fw.Recheck(t.Context(), ids, 0) {
		break
	}
	begun := store.calls.Load()
	if begun > 2 { // the one that was seen, and the next
		t.Errorf("%d batches were read", begun)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	verdicts := 0
	for range fw.Recheck(ctx, ids, time.Second) {
		verdicts++
		cancel()
	}
	if more := store.calls.Load() - begun; verdicts != 256 || more > 2 {
		t.Errorf("%d verdicts from %d batches", verdicts, more)
	}
}

// What a store says because nobody waits for it any more is no answer.
func TestRecheckCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := &sessions{}
	store.put(sid, map[string]any{"user": "alice"})
	fw, _ := newFirewall(t, cancelling{store, cancel}, func(o *firewall.Options) { o.Grace = 1 })
	id := enter(t, fw, sid)
	for range 2 {
		for range fw.Recheck(ctx, []*firewall.Identity{id}, 0) {
			t.Error("a verdict")
		}
	}
}

// What Identify has no time for is not known: nobody goes because a database is
// slow.
func TestSlowIdentify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &many{sessions: &sessions{}}
		by := bySession(store)
		slow := false
		by.Identify = func(ctx context.Context, s *session.Session) (*firewall.Identity, error) {
			if slow {
				<-ctx.Done()
				return nil, fmt.Errorf("asking the database: %w", ctx.Err())
			}
			return keys(ctx, s)
		}
		fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{by} })
		var ids []*firewall.Identity
		for i := range 16 {
			sid := fmt.Sprintf("%s-%d", sid, i)
			store.put(sid, map[string]any{"user": "alice"})
			ids = append(ids, enter(t, fw, sid))
		}
		slow = true
		start, kept := time.Now(), 0
		for i, v := range fw.Recheck(t.Context(), ids, 0) {
			if v.Identity == ids[i] && v.Err != nil {
				kept++
			}
		}
		if took := time.Since(start); kept != len(ids) || took != 10*time.Second {
			t.Errorf("%d of %d were kept, after %s; want 8 at a time, 5 s each", kept, len(ids), took)
		}
	})
}

type cancelling struct {
	*sessions
	cancel func()
}

func (c cancelling) ReadMany(_ context.Context, ids []string) []session.Result {
	c.cancel()
	return []session.Result{{Err: session.ErrNotFound}}
}

type tooFew struct{ *sessions }

func (tooFew) ReadMany(context.Context, []string) []session.Result { return nil }

type panickingMany struct{ *sessions }

func (panickingMany) ReadMany(_ context.Context, ids []string) []session.Result { panic(ids[0]) }

// A handler that is broken tells nothing about anybody.
func TestRecheckBrokenHandler(t *testing.T) {
	for _, broken := range []func(*sessions) session.Handler{
		func(s *sessions) session.Handler { return tooFew{s} },
		func(s *sessions) session.Handler { return panickingMany{s} },
	} {
		store := &sessions{}
		store.put(sid, map[string]any{"user": "alice"})
		fw, _ := newFirewall(t, broken(store))
		id := enter(t, fw, sid)
		if v := recheck(t, fw, id); v.Identity != id || v.Err == nil {
			t.Errorf("%+v; want that nothing is known", v)
		}
	}
}
