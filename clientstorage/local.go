package clientstorage

import "iter"

// Count says how many clients there are.
type Count struct {
	// Clients are all of them, Anonymous those nobody signed in behind.
	Clients, Anonymous int
}

// Local answers from this node's memory only. Nothing that it does can fail or
// wait.
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

// Count counts the clients of this node.
func (l Local) Count() Count { return l.table.count() }
