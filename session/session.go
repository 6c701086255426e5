// Package session reads the sessions of a website, so that its WebSocket server
// knows who has signed in there.
//
// A [Handler] reads one session by its id; the id comes from a [Cookie]. Nothing
// in this package writes, locks or prolongs a session: it belongs to the
// website. What a session says about a user is for package firewall to decide.
package session

import (
	"context"
	"errors"
)

// ErrNotFound says that there is no session with this id: it has expired, its
// user has signed out, or there never was one.
var ErrNotFound = errors.New("session: not found")

// A Session is what a website keeps for one visitor, as it was when it was read.
type Session struct {
	// ID is the session's id. Whoever has it is that visitor, so it must not be
	// logged, nor sent to anybody.
	ID string
	// Values are the values under their keys.
	Values map[string]any
}

// String returns the value of key if it is a string that is not empty.
func (s *Session) String(key string) (value string, ok bool) {
	value, ok = s.Values[key].(string)
	return value, ok && value != ""
}

// A Handler reads sessions where the website keeps them. Its methods must be
// safe for concurrent use.
type Handler interface {
	// Read returns the session id, or an error that is ErrNotFound. Any other
	// error means that the store could not be asked or answered nonsense, from
	// which nothing follows about the visitor. The id is one that the website's
	// cookie allows. Read changes nothing in the store. If the store does not
	// heed ctx it needs a timeout of its own, or it holds up who waits for it.
	Read(ctx context.Context, id string) (*Session, error)
}
