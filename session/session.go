// Package session reads the sessions of a website, so that its WebSocket server
// knows who has signed in there.
//
// There are three layers, each of which can be replaced. A [Store] holds the
// bytes of sessions: a table, Redis, memcached, files. [Options].Decode makes
// values of them. What the values say about a user is for package firewall to
// decide. A [Reader] is the first two together; [Open] makes one from the string
// that Symfony's framework.session.handler_id takes:
//
//	import _ "github.com/rollcall-go/rollcall/session/redisstore"
//
//	sessions, err := session.Open("redis://localhost:6379/3", nil)
//
// Whoever has the sessions in another way implements [Handler], as package
// scssession does. The id of a client's session comes from its [Cookie].
//
// Nothing in this package writes, locks or prolongs a session: it belongs to the
// website.
package session

import (
	"context"
	"errors"
)

// ErrNotFound says that there is no session with this id: it has expired, its
// user has signed out, or there never was one.
var ErrNotFound = errors.New("session: not found")

// ErrUnreadable says that there is a session with this id, but that it is too
// long, or cannot be decoded. The store works, and other sessions may be fine.
var ErrUnreadable = errors.New("session: unreadable")

// A Session is what a website keeps for one visitor, as it was when it was read.
type Session struct {
	// ID is the session's id. Whoever has it is that visitor, so it must not be
	// logged, nor sent to anybody.
	ID string
	// Values are the values under their keys. Their types are those of the
	// decoder: a session of PHP has strings, bools, int64s, float64s, nils, and a
	// phpserialize.Value for each array and object.
	Values map[string]any
}

// A Handler reads sessions where the website keeps them. Its methods must be
// safe for concurrent use.
type Handler interface {
	// Read returns the session id, or an error that is ErrNotFound or
	// ErrUnreadable. Any other error means that the store could not be asked,
	// from which nothing follows about the visitor. The id is one that the
	// website's cookie allows. Read changes nothing in the store. If the store
	// does not heed ctx it needs a timeout of its own, or it holds up who waits
	// for it.
	Read(ctx context.Context, id string) (*Session, error)
}

// A ManyReader is a [Handler] that reads many sessions in one round trip. Those
// who follow the sessions of thousands of clients ask for it.
type ManyReader interface {
	Handler
	// ReadMany returns a result for each of ids, in their order.
	ReadMany(ctx context.Context, ids []string) []Result
}

// A Result is what Read would have returned.
type Result struct {
	Session *Session
	Err     error
}

// String returns the value of key if it is a string that is not empty.
func (s *Session) String(key string) (value string, ok bool) {
	value, ok = s.Values[key].(string)
	return value, ok && value != ""
}

// Lookup returns the value at the end of a path of keys, as in
// $_SESSION['user']['id']. It walks through map[string]any, map[any]any and
// whatever has a method Get(key string) (any, bool), as phpserialize.Value has.
func (s *Session) Lookup(path ...string) (value any, ok bool) {
	value, ok = s.Values, true
	for _, key := range path {
		switch v := value.(type) {
		case map[string]any:
			value, ok = v[key]
		case map[any]any:
			value, ok = v[key]
		case interface{ Get(string) (any, bool) }:
			value, ok = v.Get(key)
		default:
			return nil, false
		}
		if !ok {
			return nil, false
		}
	}
	return value, ok
}
