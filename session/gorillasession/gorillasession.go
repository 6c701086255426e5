// Package gorillasession reads the sessions of a Go website that keeps them with
// github.com/gorilla/sessions.
//
// [New] takes a store of gorilla, the website's own or, in another process, one
// made in the same way: a CookieStore, a FilesystemStore, or one of the many for
// databases.
//
//	sessions := gorillasession.New(sessions.NewCookieStore(hashKey, blockKey), "session")
//
// Where the sessions are in Redis, as github.com/boj/redistore keeps them, they
// can also be read by package redisstore, many in one round trip and without the
// website's types; see [Cookie] and [Decode].
//
// # A session in a cookie has no end
//
// A CookieStore keeps nothing. A website that signs somebody out can only ask the
// browser to forget the cookie; a copy of it works until its MaxAge has passed,
// on the website as here. A client that is connected is checked again with the
// cookie that it came with, so that it does not notice a sign-out, nor new roles.
// Give such cookies a short MaxAge, or keep the sessions in a store.
package gorillasession

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/gorilla/sessions"

	"github.com/rollcall-go/rollcall/session"
)

// maxCookie bounds the value of a cookie, as securecookie and browsers do.
const maxCookie = 4096

// A Handler reads the sessions of one store of gorilla. It may be used
// concurrently, as the store may.
type Handler struct {
	store sessions.Store
	name  string
}

var _ session.Handler = (*Handler)(nil)

// New returns a handler for the sessions of this name in store. It panics if
// store is nil or name is no name of a cookie.
//
// The store must be as the website's is: the keys, the name, which is part of the
// signature, and the MaxAge, set by the method of that name, for another one
// would let expired cookies in, or refuse good ones. With gob, which is the
// default, types that the website puts into sessions must be registered in this
// process as well. The store must not write when it is asked for a session; those
// of gorilla, boj/redistore and antonlindstrom/pgstore do not.
//
// It is the store that decodes. What is not signed, such as boj/redistore's
// values, should then be in nobody's reach, for encoding/gob is not made for
// hostile input: see [Decode].
func New(store sessions.Store, name string) *Handler {
	if store == nil {
		panic("gorillasession: the store is nil")
	}
	if (&http.Cookie{Name: name}).Valid() != nil {
		panic("gorillasession: the name of the session is no name of a cookie")
	}
	return &Handler{store, name}
}

// Cookie returns the website's cookie. What it calls the session's id is the
// whole value of the cookie: Read finds out whether the website made it.
func (h *Handler) Cookie() session.Cookie {
	return session.Cookie{Name: h.name, MaxLen: maxCookie, Decode: func(value string) (string, error) {
		if !valid(value) {
			return "", fmt.Errorf("gorillasession: the cookie cannot be one of gorilla: %w", session.ErrBadCookie)
		}
		return value, nil
	}}
}

// valid reports whether a value can be in a Cookie header without being anything
// else there: RFC 6265, section 4.1.1.
func valid(value string) bool {
	if value == "" || len(value) > maxCookie {
		return false
	}
	for i := range len(value) {
		switch b := value[i]; {
		case b <= ' ', b >= 0x7f, b == '"', b == ',', b == ';', b == '\\':
			return false
		}
	}
	return true
}

// Read implements [session.Handler]. The values are of the website's types. Those
// under keys that are no strings, of whatever string type, are left out.
func (h *Handler) Read(ctx context.Context, id string) (*session.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // most stores do not look at the context
	}
	if !valid(id) {
		return nil, fmt.Errorf("gorillasession: %w: it is no value of a cookie", session.ErrUnreadable)
	}
	// New, and not Get, which would remember the session in the context.
	request := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{"Cookie": {h.name + "=" + id}}}
	s, err := h.store.New(request.WithContext(ctx), h.name)
	if err != nil {
		return nil, explain(err)
	}
	if s == nil || s.IsNew {
		return nil, session.ErrNotFound
	}
	values, err := byText(s.Values)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrUnreadable, err)
	}
	return &session.Session{ID: id, Values: values}, nil
}
