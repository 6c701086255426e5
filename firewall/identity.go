package firewall

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/rollcall-go/rollcall/session"
)

// An Identity is who a client is. It is decided once, before the connection
// becomes a WebSocket, and is not changed after. Whoever is given one must not
// change it.
type Identity struct {
	// User is the user identifier, or the name of an anonymous client.
	User string
	// Roles are the user's roles.
	Roles []string
	// Anonymous says that nobody has signed in.
	Anonymous bool

	// session is the id of the session that the identity was read from.
	session string
}

func (id *Identity) equal(other *Identity) bool {
	return id.User == other.User && id.Anonymous == other.Anonymous && slices.Equal(id.Roles, other.Roles)
}

// anonymousPrefix begins the name of every anonymous client, as it did in
// GosWebSocketBundle.
const anonymousPrefix = "anon-"

// newAnonymous returns an identity named anon- and 13 hexadecimal digits.
func newAnonymous() *Identity {
	var b [7]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return &Identity{User: anonymousPrefix + hex.EncodeToString(b[:])[:13], Anonymous: true}
}

// Keys returns a function for [Options.Identify] that takes the user from the
// string under one key of the session and the roles from the []string under
// another. A session without the user key is nobody's.
func Keys(user, roles string) func(*session.Session) (*Identity, error) {
	return func(s *session.Session) (*Identity, error) {
		if _, ok := s.Values[user]; !ok {
			return nil, nil
		}
		name, ok := s.String(user)
		if !ok {
			return nil, errors.New("firewall: the user in the session is not a string, or is empty")
		}
		id := &Identity{User: name}
		switch v := s.Values[roles].(type) {
		case nil:
		case []string:
			id.Roles = slices.Clone(v)
		default:
			return nil, errors.New("firewall: the roles in the session are not a []string")
		}
		return id, nil
	}
}
