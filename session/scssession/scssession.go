// Package scssession reads the sessions of a Go website that keeps them with
// github.com/alexedwards/scs, in whichever of its stores.
package scssession

import (
	"context"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/rollcall-go/rollcall/session"
)

// A Handler reads the sessions of one session manager. It may be used
// concurrently, as the manager may.
type Handler struct{ manager *scs.SessionManager }

var _ session.Handler = (*Handler)(nil)

// New returns a handler for the sessions of manager. It is the website's own
// manager, or, in another process, one with the same Store, Codec and
// HashTokenInStore: with a different setting every session would seem not to
// exist. With the gob codec, types that the website puts into sessions must be
// registered in this process as well.
//
// New panics if manager is nil.
func New(manager *scs.SessionManager) *Handler {
	if manager == nil {
		panic("scssession: the session manager is nil")
	}
	return &Handler{manager}
}

// tokenLen is the length of an scs token, 32 random bytes in base64url.
const tokenLen = 43

// Cookie returns the cookie that the manager gives its visitors.
func (h *Handler) Cookie() session.Cookie {
	return session.Cookie{Name: h.manager.Cookie.Name, MinLen: tokenLen, MaxLen: tokenLen}
}

// Read implements [session.Handler]. It does not prolong the session, not even
// if the manager has an IdleTimeout.
func (h *Handler) Read(ctx context.Context, id string) (*session.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // most stores of scs do not look at the context
	}
	ctx, err := h.manager.Load(noValues{ctx}, id)
	if err != nil {
		return nil, fmt.Errorf("scssession: %w", err)
	}
	// For a token that the store does not know, scs makes a new session without
	// a token, which it would save. It is dropped here.
	if h.manager.Token(ctx) == "" || !time.Now().Before(h.manager.Deadline(ctx)) {
		return nil, session.ErrNotFound
	}
	keys := h.manager.Keys(ctx)
	s := &session.Session{ID: id, Values: make(map[string]any, len(keys))}
	for _, key := range keys {
		s.Values[key] = h.manager.Get(ctx, key)
	}
	return s, nil
}

// noValues hides the values of a context. Behind the manager's own middleware
// the request's context already holds a session, and Load would return that one
// whatever the id.
type noValues struct{ context.Context }

func (noValues) Value(any) any { return nil }
