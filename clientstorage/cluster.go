package clientstorage

import (
	"context"
	"errors"
	"iter"
	"time"
)

// All returns the clients of every node, those of this one first.
//
// An error in the sequence stands for what could not be read, and names the
// node; the clients of the other nodes still follow. So a list without an error
// is whole, but for what happened while it was read: a client that is attached
// throughout is seen exactly once. A caller that stops at the first error has a
// part. The loop may attach and detach, and may stop at any time; pages are read
// as it gets to them.
func (s *Storage) All(ctx context.Context) iter.Seq2[*Client, error] {
	return s.where(ctx, s.Local().All(), func(*Client) bool { return true })
}

// ByRole returns the clients of every node that have at least one of roles. It
// reads all clients. Without roles it returns nobody. Errors are as for All.
func (s *Storage) ByRole(ctx context.Context, roles ...string) iter.Seq2[*Client, error] {
	if len(roles) == 0 {
		return func(func(*Client, error) bool) {}
	}
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

// ByUser returns the clients of user on every node. It takes two round trips,
// one for the lists that say where they are and one for the clients. Errors are
// as for All.
func (s *Storage) ByUser(ctx context.Context, user string) iter.Seq2[*Client, error] {
	return func(yield func(*Client, error) bool) {
		for c := range s.Local().ByUser(user) {
			if !yield(c, nil) {
				return
			}
		}
		if s.shared == nil {
			return
		}
		for c, err := range s.shared.byUser(ctx, user) {
			if !yield(c, err) {
				return
			}
		}
	}
}

// A User is somebody who has clients.
type User struct {
	Name      string
	Anonymous bool
	// Age is how old this is at most, as [Client.Age].
	Age time.Duration
}

// Users returns the users that have a client on any node, each once, those of
// this node first. It remembers the names that it has seen. Errors are as for
// All.
func (s *Storage) Users(ctx context.Context) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		seen := make(map[string]bool)
		for u := range s.Local().Users() {
			if s.shared != nil {
				seen[u.Name] = true
			}
			if !yield(u, nil) {
				return
			}
		}
		if s.shared != nil {
			s.shared.users(ctx, seen, yield)
		}
	}
}

// Presence is who of some users is there.
type Presence struct {
	// Online has the users that have a client, on any node.
	Online map[string]bool
	// Age is how old this is at most, as [Client.Age]: the oldest of what the
	// nodes said.
	Age time.Duration
}

// Online says which of users have a client, on any node, in one round trip for
// all of them. With an error, which names the nodes that could not be read, a
// user who is not in the answer may be there.
func (s *Storage) Online(ctx context.Context, users ...string) (Presence, error) {
	p := Presence{Online: make(map[string]bool)}
	var unknown []string
	for _, user := range users {
		if s.table.has(user) {
			p.Online[user] = true
		} else {
			unknown = append(unknown, user)
		}
	}
	if s.shared == nil || len(unknown) == 0 {
		return p, nil
	}
	var err error
	p.Age, err = s.shared.online(ctx, unknown, p.Online)
	return p, err
}

// Count says how many clients there are.
type Count struct {
	// Clients are all of them, Anonymous those nobody signed in behind.
	Clients, Anonymous int
	// Users are the different names, those of anonymous clients included. In a
	// sum over nodes, a user who is on two of them counts twice.
	Users int
	// Age is how old this is at most, as [Client.Age]. Counts of other nodes are
	// those of their last heartbeat, a third of a lease ago.
	Age time.Duration
}

// Count counts the clients of every node, in one round trip. With an error, the
// count is that of the nodes that could be read.
func (s *Storage) Count(ctx context.Context) (Count, error) {
	sum := s.Local().Count()
	nodes, err := s.otherNodes(ctx)
	for _, n := range nodes {
		sum.Clients += n.Count.Clients
		sum.Users += n.Count.Users
		sum.Anonymous += n.Count.Anonymous
		sum.Age = max(sum.Age, n.Count.Age)
	}
	return sum, err
}

// A Node is a storage that has attached clients.
type Node struct {
	ID NodeID
	// Name is that of its [Options].
	Name string
	// Count is what it holds, and how old that is.
	Count Count
}

// Nodes returns the nodes that are alive, this one first if it is one. With an
// error, those that could be read.
func (s *Storage) Nodes(ctx context.Context) ([]Node, error) {
	var nodes []Node
	if s.shared == nil || s.shared.isNode() {
		nodes = append(nodes, Node{ID: s.Node(), Name: s.opts.Name, Count: s.Local().Count()})
	}
	others, err := s.otherNodes(ctx)
	return append(nodes, others...), err
}

func (s *Storage) otherNodes(ctx context.Context) ([]Node, error) {
	if s.shared == nil {
		return nil, nil
	}
	return s.shared.nodes(ctx)
}

func (s *shared) nodes(ctx context.Context) ([]Node, error) {
	answers, err := s.ask(ctx, nil)
	if err != nil {
		return nil, err
	}
	var nodes []Node
	var errs []error
	for _, a := range answers {
		if a.err != nil {
			errs = append(errs, a.err)
			continue
		}
		nodes = append(nodes, a.describe())
	}
	return nodes, errors.Join(errs...)
}

func (a answer) describe() Node {
	count := a.lease.count
	count.Age = a.age
	return Node{ID: a.node, Name: a.lease.name, Count: count}
}

// countUser returns how many clients user has on the other nodes, as far as they
// can be read.
func (s *shared) countUser(ctx context.Context, user string) (n int) {
	s.mu.Lock()
	down := s.trouble.down()
	s.mu.Unlock()
	if down {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	for _, err := range s.byUser(ctx, user) {
		if err != nil {
			continue
		}
		if n++; n == s.opts.PerUser.Max {
			break // more make no difference
		}
	}
	return n
}
