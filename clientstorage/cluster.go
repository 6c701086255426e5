package clientstorage

import (
	"context"
	"iter"
)

// All returns the clients of every node, those of this one first.
//
// An error in the sequence stands for what could not be read, and names the
// node; the clients of the other nodes still follow. So a list without an error
// is whole, but for what happened while it was read. A caller that stops at the
// first error has a part.
func (s *Storage) All(ctx context.Context) iter.Seq2[*Client, error] {
	return s.where(ctx, s.Local().All(), func(*Client) bool { return true })
}

// ByUser returns the clients of user on every node. Errors are as for All.
func (s *Storage) ByUser(ctx context.Context, user string) iter.Seq2[*Client, error] {
	return s.where(ctx, s.Local().ByUser(user), func(c *Client) bool { return c.User == user })
}

// ByRole returns the clients of every node that have at least one of roles.
// Errors are as for All.
func (s *Storage) ByRole(ctx context.Context, roles ...string) iter.Seq2[*Client, error] {
	return s.where(ctx, s.Local().ByRole(roles...), func(c *Client) bool { return c.hasAnyRole(roles) })
}

// where joins the clients of this node with those of the others that match.
func (s *Storage) where(ctx context.Context, local iter.Seq[*Client], match func(*Client) bool) iter.Seq2[*Client, error] {
	return func(yield func(*Client, error) bool) {
		for c := range local {
			if !yield(c, nil) {
				return
			}
		}
		if s.shared == nil {
			return
		}
		for c, err := range s.shared.others(ctx) {
			if (err != nil || match(c)) && !yield(c, err) {
				return
			}
		}
	}
}

// Count counts the clients of every node. The other nodes' numbers are as old
// as their last heartbeat, at most a third of a lease. With an error, the count
// is that of the nodes that could be read.
func (s *Storage) Count(ctx context.Context) (Count, error) {
	count := s.Local().Count()
	if s.shared == nil {
		return count, nil
	}
	others, err := s.shared.count(ctx)
	count.Clients += others.Clients
	count.Anonymous += others.Anonymous
	return count, err
}
