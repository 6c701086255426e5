package clientstorage

import (
	"maps"
	"math"
	"slices"
	"time"
)

// A Client is one connected socket and who is behind it.
//
// A *Client that a [Storage] returned is a snapshot that is shared by all who
// asked: it never changes, and whoever holds it must not change it, nor its
// roles and attributes. [Storage.Update] makes another one.
type Client struct {
	// ID is set by Attach.
	ID ID
	// User is the user identifier; of an anonymous client, a name that no other
	// client has. It is at most 255 bytes.
	User string
	// Anonymous says that nobody signed in behind this client.
	Anonymous bool

	age uint32 // in milliseconds; it fits in here for nothing

	// Roles are the roles of the client, in the order of the firewall; at most
	// 64, each of at most 255 bytes.
	Roles []string
	// Attributes are what the application wants to be known of the client; at
	// most 64, of 4096 bytes together.
	Attributes map[string]string
	// Since is when the client was attached, by the clock of its node. Attach
	// sets it if it is zero.
	Since time.Time
}

// Age says how old this is at most: so long before the question was answered,
// it was the truth at the client's node. It is 0 for a client of this node. It
// counts for how long the node could not write, but not for how long a write was
// on its way, nor what a cache in front of the cache may add, as that of
// decorator.Chain, nor the second for which a cache that counts in seconds, as
// memcached, may keep a lease too long.
func (c *Client) Age() time.Duration { return time.Duration(c.age) * time.Millisecond }

func ageMillis(age time.Duration) uint32 {
	return uint32(min((age+time.Millisecond-1)/time.Millisecond, math.MaxUint32))
}

// hasAnyRole reports whether the client has at least one of roles.
func (c *Client) hasAnyRole(roles []string) bool {
	return slices.ContainsFunc(c.Roles, func(role string) bool {
		return slices.Contains(roles, role)
	})
}

// copy returns a client that shares nothing with c that can be changed.
func (c *Client) copy() *Client {
	d := *c
	d.Roles = slices.Clone(c.Roles)
	if d.Attributes = maps.Clone(c.Attributes); d.Attributes == nil {
		d.Attributes = make(map[string]string) // so that it can be added to
	}
	return &d
}

const (
	maxNameLen        = 255
	maxRoles          = 64
	maxAttributes     = 64
	maxAttributeBytes = 4096
)

// valid reports whether c may be attached. The limits bound a page in the
// cache, and what a reader of a hostile cache can be made to allocate.
func (c *Client) valid() bool {
	return c.User != "" && len(c.User) <= maxNameLen && len(c.Roles) <= maxRoles &&
		!slices.ContainsFunc(c.Roles, func(role string) bool { return len(role) > maxNameLen }) &&
		len(c.Attributes) <= maxAttributes && attributeBytes(c.Attributes) <= maxAttributeBytes
}

func attributeBytes(attributes map[string]string) (n int) {
	for name, value := range attributes {
		n += len(name) + len(value)
	}
	return n
}
