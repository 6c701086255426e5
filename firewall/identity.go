package firewall

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// An Identity is who a client is. It is decided before the connection becomes a
// WebSocket, and changes only when its session is read again: then there is
// another Identity. Whoever is given one must not change it.
type Identity struct {
	// User is the user identifier, or the name of an anonymous client.
	User string
	// Roles are the user's roles, and those that they include by
	// [Options].RoleHierarchy.
	Roles []string
	// Anonymous says that nobody has signed in, for the Reason.
	Anonymous bool
	// Remembered says that the user was signed in by a remember-me cookie, and
	// has not given a password in this session.
	Remembered bool
	// Reason says why the client is anonymous. It is "" for a user.
	Reason Reason
	// Context is what the user has signed in to, if the website has several: of
	// Symfony's, the context or name of its firewall.
	Context string
	// Impersonator is the user who acts as User, if somebody does.
	Impersonator string
	// Attributes go to the client in the storage, where every node can see them.
	Attributes map[string]string
	// Expires is when the identity ends by itself, or zero. It is noticed by the
	// next round of Recheck, so up to an interval later.
	Expires time.Time

	source *source // of an identity that is followed, or nil
}

// A source is the session that an identity was read from.
type source struct {
	by      *SessionAuthenticator
	session string       // its id
	failing atomic.Int64 // since when it cannot be read: see follow.go
}

// OfSession reports whether the identity was read from the session of this id.
func (id *Identity) OfSession(sessionID string) bool {
	return id.source != nil && id.source.session == sessionID
}

// Followed reports whether [Firewall.Recheck] has anything to do for the identity:
// whether it was read from a session, or expires.
func (id *Identity) Followed() bool { return id.source != nil || !id.Expires.IsZero() }

// hash names the session in a log, without giving it away.
func hash(session string) string {
	sum := sha256.Sum256([]byte(session))
	return hex.EncodeToString(sum[:6])
}

func (id *Identity) equal(other *Identity) bool {
	return id.User == other.User && id.Anonymous == other.Anonymous && id.Remembered == other.Remembered &&
		id.Context == other.Context && id.Impersonator == other.Impersonator && id.Expires.Equal(other.Expires) &&
		slices.Equal(id.Roles, other.Roles) && maps.Equal(id.Attributes, other.Attributes)
}

// sameUser reports whether the one who was other is still the same. An
// administrator who acts as a user is not that user.
func (id *Identity) sameUser(other *Identity) bool {
	return id.User == other.User && id.Impersonator == other.Impersonator && id.Context == other.Context
}

// anonymousPrefix begins the name of every anonymous client, as it did in
// GosWebSocketBundle.
const anonymousPrefix = "anon-"

// newAnonymous returns an identity named anon- and 13 hexadecimal digits.
func newAnonymous(why Reason) *Identity {
	var b [7]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return &Identity{User: anonymousPrefix + hex.EncodeToString(b[:])[:13], Anonymous: true, Reason: why}
}
