package firewall_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// enter lets a client with a session in.
func enter(t *testing.T, fw *firewall.Firewall, sessionID string) *firewall.Identity {
	t.Helper()
	id, err := fw.Authenticate(t.Context(), &firewall.Request{Cookie: "PHPSESSID=" + sessionID})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// recheck returns the verdict about one client.
func recheck(t *testing.T, fw *firewall.Firewall, id *firewall.Identity) firewall.Verdict {
	t.Helper()
	verdicts := 0
	var last firewall.Verdict
	for i, v := range fw.Recheck(t.Context(), []*firewall.Identity{id}, 0) {
		if i != 0 {
			t.Errorf("a verdict about client %d", i)
		}
		verdicts++
		last = v
	}
	if verdicts != 1 {
		t.Fatalf("%d verdicts", verdicts)
	}
	return last
}

func TestRecheck(t *testing.T) {
	tests := []struct {
		name   string
		change func(*sessions)
		reason firewall.Reason // that the client must go
		kept   bool            // as it is
	}{
		{name: "nothing", change: func(*sessions) {}, kept: true},
		{name: "something else", change: func(s *sessions) { s.byID[sid]["cart"] = 3 }, kept: true},
		{name: "roles", change: func(s *sessions) { s.byID[sid]["roles"] = []string{"ROLE_ADMIN"} }},
		{name: "no roles", change: func(s *sessions) { delete(s.byID[sid], "roles") }},
		{name: "another user", change: func(s *sessions) { s.byID[sid]["user"] = "bob" }, reason: firewall.ReasonUserChanged},
		{name: "no user", change: func(s *sessions) { delete(s.byID[sid], "user") }, reason: firewall.ReasonNobody},
		{name: "no session", change: func(s *sessions) { delete(s.byID, sid) }, reason: firewall.ReasonSignedOut},
		{name: "absurd", change: func(s *sessions) { s.byID[sid]["user"] = []string{} }, reason: firewall.ReasonIdentity},
		{name: "unreadable", change: func(s *sessions) { s.err = session.ErrUnreadable }, reason: firewall.ReasonIdentity},
		{name: "store down", change: func(s *sessions) { s.err = errors.New("refused") }, kept: true},
	}
	for _, policy := range []firewall.Policy{firewall.CloseGone, firewall.DowngradeGone, firewall.IgnoreGone} {
		for _, test := range tests {
			t.Run(fmt.Sprint(test.name, policy), func(t *testing.T) {
				store := &sessions{}
				store.put(sid, map[string]any{"user": "alice", "roles": []string{"ROLE_USER"}})
				fw, _ := newFirewall(t, store, func(o *firewall.Options) { o.Gone = policy })
				id := enter(t, fw, sid)
				test.change(store)
				v := recheck(t, fw, id)
				switch {
				case test.reason == firewall.ReasonUserChanged, test.reason != "" && policy == firewall.CloseGone:
					wantRefusal(t, v.Err, test.reason, 401)
					if v.Identity != nil {
						t.Errorf("%+v stays", v.Identity)
					}
				case test.reason != "" && policy == firewall.DowngradeGone:
					if v.Err != nil || !v.Identity.Anonymous || v.Identity.Reason != test.reason {
						t.Errorf("%+v; want an anonymous client", v)
					}
				case test.kept || test.reason != "":
					if v.Identity != id {
						t.Errorf("%+v; want the same identity", v)
					}
					if (v.Err != nil) != (store.err != nil && store.err != session.ErrUnreadable) {
						t.Errorf("the error is %v", v.Err)
					}
				default:
					if v.Err != nil || v.Identity == id || v.Identity.User != "alice" || !slices.Equal(v.Identity.Roles, roles(store)) {
						t.Errorf("%+v; want alice with other roles", v.Identity)
					}
					if again := recheck(t, fw, v.Identity); again.Identity != v.Identity {
						t.Errorf("%+v; want the same identity", again)
					}
				}
			})
		}
	}
}

func roles(s *sessions) []string { r, _ := s.byID[sid]["roles"].([]string); return r }

// Who has lost the role that let it in must go, whatever the policy.
func TestRecheckRole(t *testing.T) {
	store := &sessions{}
	store.put(sid, map[string]any{"user": "alice", "roles": []string{"ROLE_ADMIN"}})
	fw, _ := newFirewall(t, store, func(o *firewall.Options) {
		o.AnyRole, o.Gone = []string{"ROLE_ADMIN"}, firewall.IgnoreGone
	})
	id := enter(t, fw, sid)
	store.put(sid, map[string]any{"user": "alice", "roles": []string{"ROLE_USER"}})
	wantRefusal(t, recheck(t, fw, id).Err, firewall.ReasonRole, 403)

	// Where roles are required, nobody is made anonymous.
	fw, _ = newFirewall(t, store, func(o *firewall.Options) {
		o.AnyRole, o.Gone = []string{"ROLE_USER"}, firewall.DowngradeGone
	})
	id = enter(t, fw, sid)
	delete(store.byID, sid)
	wantRefusal(t, recheck(t, fw, id).Err, firewall.ReasonSignedOut, 401)
}

func TestGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sessions{}
		store.put(sid, map[string]any{"user": "alice"})
		fw, _ := newFirewall(t, store, func(o *firewall.Options) { o.Grace = time.Minute })
		forever, _ := newFirewall(t, store, func(o *firewall.Options) { o.Grace = -1 })
		id, other := enter(t, fw, sid), enter(t, forever, sid)
		fail := func(err error) { store.mu.Lock(); store.err = err; store.mu.Unlock() }
		kept := func(when string) {
			t.Helper()
			if v := recheck(t, fw, id); v.Identity != id || v.Err == nil {
				t.Errorf("%s: %+v", when, v)
			}
		}
		fail(errors.New("refused"))
		kept("at first")
		time.Sleep(59 * time.Second)
		kept("before the grace is over")
		fail(nil)
		if v := recheck(t, fw, id); v.Identity != id || v.Err != nil {
			t.Errorf("the store is back: %+v", v)
		}
		fail(errors.New("refused"))
		kept("the grace begins anew")
		time.Sleep(59 * time.Second)
		kept("before that is over")
		time.Sleep(time.Second)
		if v := recheck(t, fw, id); v.Identity != nil {
			t.Errorf("kept after the grace: %+v", v)
		}

		recheck(t, forever, other)
		time.Sleep(1000 * time.Hour)
		if v := recheck(t, forever, other); v.Identity != other {
			t.Errorf("for ever ends: %+v", v)
		}
	})
}

func TestExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		by := firewall.AuthenticatorFunc(func(context.Context, *firewall.Request) (*firewall.Identity, error) {
			return &firewall.Identity{User: "alice", Expires: time.Now().Add(time.Minute)}, nil
		})
		fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{by} })
		id := enter(t, fw, sid)
		time.Sleep(time.Minute - time.Nanosecond)
		for range fw.Recheck(t.Context(), []*firewall.Identity{id}, 0) {
			t.Error("a verdict about a client without a session that has not expired")
		}
		time.Sleep(time.Nanosecond)
		wantRefusal(t, recheck(t, fw, id).Err, firewall.ReasonExpired, 401)
	})
}

// What a session says besides the user's name matters, too.
func TestRecheckCompares(t *testing.T) {
	tests := []struct {
		name   string
		change func(*firewall.Identity)
		gone   bool
	}{
		{"context", func(id *firewall.Identity) { id.Context = "admin" }, true},
		{"impersonator", func(id *firewall.Identity) { id.Impersonator = "root" }, true},
		{"remembered", func(id *firewall.Identity) { id.Remembered = true }, false},
		{"attributes", func(id *firewall.Identity) { id.Attributes = map[string]string{"a": "b"} }, false},
		{"expiry", func(id *firewall.Identity) { id.Expires = time.Now().Add(time.Hour) }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store, now := &sessions{}, &firewall.Identity{User: "alice"}
			store.put(sid, nil)
			by := bySession(store)
			by.Identify = func(context.Context, *session.Session) (*firewall.Identity, error) { return now, nil }
			fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{by} })
			id := enter(t, fw, sid)
			if !id.OfSession(sid) || now.OfSession(sid) {
				t.Error("what Identify returned was changed, or was not copied")
			}
			changed := *now
			test.change(&changed)
			now = &changed
			v := recheck(t, fw, id)
			if test.gone {
				wantRefusal(t, v.Err, firewall.ReasonUserChanged, 401)
			} else if v.Identity == id || v.Identity == nil || v.Err != nil {
				t.Errorf("%+v; want another identity", v)
			}
		})
	}
}

// An identity that ends by itself gets one verdict, though it has a session too.
func TestExpiresWithSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &sessions{}
		store.put(sid, nil)
		by := bySession(store)
		end := time.Now().Add(time.Minute)
		by.Identify = func(context.Context, *session.Session) (*firewall.Identity, error) {
			return &firewall.Identity{User: "alice", Expires: end}, nil
		}
		fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{by} })
		id := enter(t, fw, sid)
		time.Sleep(time.Minute)
		wantRefusal(t, recheck(t, fw, id).Err, firewall.ReasonExpired, 401)
	})
}

// Sessions of two websites may have the same id.
func TestRecheckAsksTheRightOne(t *testing.T) {
	one, two := &sessions{}, &sessions{}
	one.put(sid, map[string]any{"user": "alice"})
	two.put(sid, map[string]any{"user": "bob"})
	first, second := bySession(one), bySession(two)
	second.Cookie.Name = "OTHER"
	fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{first, second} })
	alice := enter(t, fw, sid)
	bob, err := fw.Authenticate(t.Context(), &firewall.Request{Cookie: "OTHER=" + sid})
	if err != nil {
		t.Fatal(err)
	}
	ids := []*firewall.Identity{alice, bob}
	for i, v := range fw.Recheck(t.Context(), ids, 0) {
		if v.Identity != ids[i] {
			t.Errorf("%s: %+v", ids[i].User, v)
		}
	}
}
