package clientstorage

import "iter"

// Local answers from this node's memory only. Nothing that it does can fail or
// wait, and what it says has no age.
type Local struct{ table *table }

// Local returns the view of the clients that are attached to this node.
func (s *Storage) Local() Local { return Local{s.table} }

// All returns the clients of this node. A client that is attached throughout
// the iteration is seen exactly once; the loop may attach and detach.
func (l Local) All() iter.Seq[*Client] {
	return func(yield func(*Client) bool) { l.table.all(yield) }
}

// ByUser returns the clients of user on this node, the first attached first.
func (l Local) ByUser(user string) iter.Seq[*Client] {
	return func(yield func(*Client) bool) {
		for _, c := range l.table.ofUser(user) {
			if !yield(c) {
				return
			}
		}
	}
}

// ByRole returns the clients of this node that have at least one of roles.
func (l Local) ByRole(roles ...string) iter.Seq[*Client] {
	return func(yield func(*Client) bool) {
		l.table.all(func(c *Client) bool {
			return !c.hasAnyRole(roles) || yield(c)
		})
	}
}

// Users returns the users that have a client on this node. One who has one
// throughout the iteration is seen exactly once; the loop may attach and detach.
func (l Local) Users() iter.Seq[User] {
	return func(yield func(User) bool) { l.table.allUsers(yield) }
}

// Online reports whether user has a client on this node.
func (l Local) Online(user string) bool { return l.table.has(user) }

// Count counts the clients of this node.
func (l Local) Count() Count { return l.table.count() }
