package firewall_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// What Identify asks may fail as a store may: nobody is anonymous for that, and
// nobody is signed out.
func TestIdentifyFails(t *testing.T) {
	failures := map[string]func() (*firewall.Identity, error){
		"error":    func() (*firewall.Identity, error) { return nil, errors.New("connection refused") },
		"deadline": func() (*firewall.Identity, error) { return nil, context.DeadlineExceeded },
		"panic":    func() (*firewall.Identity, error) { panic("no connection") },
	}
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			store := &sessions{}
			store.put(sid, map[string]any{"user": "alice"})
			by := bySession(store)
			failing := false
			by.Identify = func(ctx context.Context, s *session.Session) (*firewall.Identity, error) {
				if failing {
					return fail()
				}
				return keys(ctx, s)
			}
			fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{by} })
			id := enter(t, fw, sid)
			failing = true
			_, err := fw.Authenticate(t.Context(), &firewall.Request{Cookie: "PHPSESSID=" + sid})
			wantRefusal(t, err, firewall.ReasonUnavailable, 503)
			if v := recheck(t, fw, id); v.Identity != id || v.Err == nil {
				t.Errorf("%+v; want that nothing is known", v)
			}
		})
	}
}

type neither struct{}

func (neither) Read(context.Context, string) (*session.Session, error) { return nil, nil }

func TestNeitherSessionNorError(t *testing.T) {
	by := bySession(neither{})
	by.Identify = func(context.Context, *session.Session) (*firewall.Identity, error) {
		return &firewall.Identity{User: "alice"}, nil
	}
	fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{by} })
	_, err := fw.Authenticate(t.Context(), &firewall.Request{Cookie: "PHPSESSID=" + sid})
	wantRefusal(t, err, firewall.ReasonUnavailable, 503)
}

// What Identify refuses for a reason of its own, and what has expired, ends also
// where it is ignored that sessions end.
func TestPolicyIsForSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sessions{}
		store.put(sid, map[string]any{"user": "alice"})
		by := bySession(store)
		var refuse error
		end := time.Now().Add(time.Hour)
		by.Identify = func(context.Context, *session.Session) (*firewall.Identity, error) {
			return &firewall.Identity{User: "alice", Expires: end}, refuse
		}
		for _, policy := range []firewall.Policy{firewall.IgnoreGone, firewall.DowngradeGone} {
			refuse = nil
			fw, _ := newFirewall(t, nil, func(o *firewall.Options) {
				o.Authenticators, o.Gone = []firewall.Authenticator{by}, policy
			})
			end = time.Now().Add(time.Hour)
			id := enter(t, fw, sid)
			refuse = firewall.Refuse(firewall.ReasonRole, errors.New("banned"))
			wantRefusal(t, recheck(t, fw, id).Err, firewall.ReasonRole, 403)
			time.Sleep(time.Hour)
			v := recheck(t, fw, id)
			if policy == firewall.IgnoreGone {
				wantRefusal(t, v.Err, firewall.ReasonExpired, 401)
			} else if v.Identity == nil || !v.Identity.Anonymous {
				t.Errorf("%+v; want an anonymous client", v)
			}
		}
	})
}

// hanging answers only when it is told to stop.
type hanging struct {
	*many
	hangs bool
}

func (h *hanging) ReadMany(ctx context.Context, ids []string) []session.Result {
	if h.hangs {
		h.calls.Add(1)
		<-ctx.Done()
		results := make([]session.Result, len(ids))
		for i := range results {
			results[i].Err = ctx.Err()
		}
		return results
	}
	return h.many.ReadMany(ctx, ids)
}

// Where sessions are read one by one, a store that hangs is given up in time, too.
func TestHangingHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sessions{}
		handler := &hangingReader{sessions: store}
		fw, _ := newFirewall(t, handler)
		var ids []*firewall.Identity
		for i := range 1000 {
			sid := fmt.Sprintf("%s-%d", sid, i)
			store.put(sid, map[string]any{"user": "alice"})
			ids = append(ids, enter(t, fw, sid))
		}
		handler.hangs = true
		start, kept := time.Now(), 0
		for i, v := range fw.Recheck(t.Context(), ids, 0) {
			if v.Identity == ids[i] && v.Err != nil {
				kept++
			}
		}
		if took := time.Since(start); kept != 1000 || took != time.Minute {
			t.Errorf("%d were kept, after %s", kept, took)
		}
	})
}

type hangingReader struct {
	*sessions
	hangs bool
}

func (h *hangingReader) Read(ctx context.Context, id string) (*session.Session, error) {
	if h.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return h.sessions.Read(ctx, id)
}

// A store that hangs holds up neither the round nor another store, and is not
// asked hundreds of times in vain.
func TestHangingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, well := &hanging{many: &many{sessions: &sessions{}}}, &sessions{}
		first, second := bySession(slow), bySession(well)
		second.Cookie.Name = "OTHER"
		fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{first, second} })
		var ids []*firewall.Identity
		for i := range 3000 {
			sid := fmt.Sprintf("%s-%d", sid, i)
			slow.put(sid, map[string]any{"user": "alice"})
			ids = append(ids, enter(t, fw, sid))
		}
		well.put(sid, map[string]any{"user": "bob"})
		bob, err := fw.Authenticate(t.Context(), &firewall.Request{Cookie: "OTHER=" + sid})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, bob)
		delete(well.byID, sid)
		slow.hangs = true
		start, kept := time.Now(), 0
		for i, v := range fw.Recheck(t.Context(), ids, 0) {
			switch {
			case ids[i] == bob:
				wantRefusal(t, v.Err, firewall.ReasonSignedOut, 401)
				if took := time.Since(start); took != 0 {
					t.Errorf("bob waited %s for the store of the others", took)
				}
			case v.Identity == ids[i] && v.Err != nil:
				kept++
			}
		}
		if took := time.Since(start); kept != 3000 || took != 10*time.Second || slow.calls.Load() != 2 {
			t.Errorf("%d were kept, after %s and %d readings", kept, took, slow.calls.Load())
		}
	})
}
