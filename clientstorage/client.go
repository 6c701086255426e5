package clientstorage

import (
	"slices"
	"time"
)

// A Client is one connected socket and who is behind it.
//
// A *Client that a [Storage] returned is a snapshot that is shared by all who
// asked: it never changes, and whoever holds it must not change it, nor the
// slice of roles.
type Client struct {
	// ID is set by Attach.
	ID ID
	// User is the user identifier; of an anonymous client, a name that no other
	// client has. It is at most 255 bytes.
	User string
	// Anonymous says that nobody signed in behind this client.
	Anonymous bool
	// Roles are the roles the client was given when it connected, in the order
	// of the firewall; at most 64, each of at most 255 bytes.
	Roles []string
	// Since is when the client was attached. Attach sets it if it is zero.
	Since time.Time
}

// hasAnyRole reports whether the client has at least one of roles.
func (c *Client) hasAnyRole(roles []string) bool {
	return slices.ContainsFunc(c.Roles, func(role string) bool {
		return slices.Contains(roles, role)
	})
}

const (
	maxNameLen = 255
	maxRoles   = 64
)

// valid reports whether c may be attached. The limits bound a page in the
// cache, and what a reader of a hostile cache can be made to allocate.
func (c *Client) valid() bool {
	return c.User != "" && len(c.User) <= maxNameLen && len(c.Roles) <= maxRoles &&
		!slices.ContainsFunc(c.Roles, func(role string) bool { return len(role) > maxNameLen })
}
