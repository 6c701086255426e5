package wsconn_test

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// Session ids that the cookie allows.
const (
	annesID = "annes-session-0123456789"
	bobsID  = "bobs-session-01234567890"
)

func cookie(id string) string { return "Cookie: theme=dark; SID=" + id + "; lang=de" }

// sessions are a website's session store.
type sessions struct {
	reads atomic.Int32 // how often it was asked

	mu     sync.Mutex
	asked  []string // the ids, in order
	byID   map[string]map[string]any
	fault  error                       // what Read returns, if not nil
	broken map[string]error            // what Read returns for some of them
	gate   func(context.Context) error // what Read calls first, if not nil
}

func newSessions() *sessions {
	return &sessions{
		byID: map[string]map[string]any{
			annesID: {"user": "anne", "roles": []string{"ROLE_ADMIN", "ROLE_USER"}},
			bobsID:  {"user": "bob"},
		},
		broken: make(map[string]error),
	}
}

func (s *sessions) Read(ctx context.Context, id string) (*session.Session, error) {
	s.mu.Lock()
	values, ok, fault, gate := maps.Clone(s.byID[id]), s.byID[id] != nil, s.fault, s.gate
	if err := s.broken[id]; err != nil {
		fault = err
	}
	s.asked = append(s.asked, id)
	s.reads.Add(1)
	s.mu.Unlock()
	if gate != nil {
		if err := gate(ctx); err != nil {
			return nil, err
		}
	}
	switch {
	case fault != nil:
		return nil, fault
	case !ok:
		return nil, session.ErrNotFound
	}
	return &session.Session{ID: id, Values: values}, nil
}

// change changes the store as a website would while it is read.
func (s *sessions) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// expectReads waits until the store was asked n more times.
func (s *sessions) expectReads(t *testing.T, n int32) {
	t.Helper()
	goal := s.reads.Load() + n
	eventually(t, "the sessions are read again", func() bool { return s.reads.Load() >= goal })
}

// firewall returns a firewall that reads these sessions.
func (s *sessions) firewall(t *testing.T, opts firewall.Options) *firewall.Firewall {
	t.Helper()
	opts.Authenticators = []firewall.Authenticator{s.authenticator()}
	return newFirewall(t, opts)
}

func (s *sessions) authenticator() *firewall.SessionAuthenticator {
	return &firewall.SessionAuthenticator{
		Sessions: s,
		Cookie:   session.Cookie{Name: "SID"},
		Identify: firewall.Keys(firewall.Path{"user"}, firewall.Path{"roles"}),
	}
}
