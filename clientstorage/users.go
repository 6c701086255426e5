package clientstorage

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"
)

// askForUsers asks the other nodes for the lists that these users would be in.
// The values of an answer are those lists, in the order of its searches.
func (s *shared) askForUsers(ctx context.Context, users []string) ([]answer, error) {
	return s.ask(ctx, func(node NodeID, level uint8) []string {
		keys := make([]string, 0, len(users))
		for _, some := range searches(node, level, users) {
			keys = append(keys, s.listKey(node, level, some[0].bucket))
		}
		return keys
	})
}

// A search is for a user in the list that it would be in.
type search struct {
	bucket uint32
	user   string
}

// searches returns where a node would list users, those of one list together.
func searches(node NodeID, level uint8, users []string) [][]search {
	seed := node.hashSeed()
	all := make([]search, len(users))
	for i, user := range users {
		all[i] = search{fnv1a(seed, user) & (1<<level - 1), user}
	}
	slices.SortFunc(all, func(a, b search) int { return cmp.Compare(a.bucket, b.bucket) })
	lists := make([][]search, 0, len(all))
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].bucket == all[0].bucket {
			n++
		}
		lists = append(lists, all[:n])
		all = all[n:]
	}
	return lists
}

// listedIn yields the users of a list of a node, and the error, which names the
// node.
func (s *shared) listedIn(ctx context.Context, node NodeID, value fetched) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		switch {
		case errors.Is(value.err, ErrNotFound):
			return // an empty list is not kept
		case value.err != nil:
			yield(listed{}, ofNode(node, value.err))
			return
		}
		for u, err := range decodeList(value.bytes) {
			if err != nil {
				s.hear(ctx, err)
				err = ofNode(node, err)
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

// pagesOfUser returns the pages that a node has listed for user, who was asked
// for.
func (s *shared) pagesOfUser(ctx context.Context, a *answer, user string) ([]uint32, error) {
	if a.err != nil {
		return nil, a.err
	}
	for u, err := range s.listedIn(ctx, a.node, a.values[0]) {
		if err != nil {
			return nil, err
		}
		if string(u.name) == user {
			pages, err := u.decodePages()
			if err != nil {
				s.hear(ctx, err)
				return nil, ofNode(a.node, err)
			}
			return pages, nil
		}
	}
	return nil, nil
}

// online adds those of users to found that have a client on another node.
func (s *shared) online(ctx context.Context, users []string, found map[string]bool) (age time.Duration, err error) {
	answers, err := s.askForUsers(ctx, users)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, a := range answers {
		if a.err != nil {
			errs = append(errs, a.err)
			continue
		}
		age = max(age, a.age)
		for i, some := range searches(a.node, a.lease.level, users) {
			for u, err := range s.listedIn(ctx, a.node, a.values[i]) {
				if err != nil {
					errs = append(errs, err)
					continue
				}
				for _, search := range some {
					if string(u.name) == search.user {
						found[search.user] = true
					}
				}
			}
		}
	}
	return age, errors.Join(errs...)
}

// users yields the users of the other nodes that are not in seen, and adds them.
func (s *shared) users(ctx context.Context, seen map[string]bool, yield func(User, error) bool) {
	answers, err := s.ask(ctx, nil)
	if err != nil {
		yield(User{}, err)
		return
	}
	for i := range answers {
		a := &answers[i]
		if a.err != nil {
			if !yield(User{}, a.err) {
				return
			}
			continue
		}
		if !s.usersOf(ctx, a, seen, yield) {
			return
		}
	}
}

// usersOf yields the users of one node that are not in seen, and reports whether
// to go on.
//
// The lease is read with every batch of lists. If the node has changed its level
// meanwhile, the old lists will soon be gone, so those of the new level are read
// from the beginning; and if it is dead, so are its users.
func (s *shared) usersOf(ctx context.Context, a *answer, seen map[string]bool, yield func(User, error) bool) bool {
	moves := 0
	for bucket := uint32(0); bucket < 1<<a.lease.level; {
		keys := []string{s.leaseKey(a.node)}
		for b := bucket; b < min(bucket+readAtOnce, 1<<a.lease.level); b++ {
			keys = append(keys, s.listKey(a.node, a.lease.level, b))
		}
		asked := time.Now()
		got := s.fetchEach(ctx, keys)
		now, err := s.leaseIn(ctx, got[0])
		if errors.Is(err, ErrNotFound) {
			return true
		}
		if err != nil {
			return yield(User{}, ofNode(a.node, err))
		}
		a.age = s.view.saw(a.node, now, asked)
		if now.level != a.lease.level {
			if moves++; moves == mostTries {
				return yield(User{}, ofNode(a.node, errUnsteady))
			}
			a.lease, bucket = now, 0
			continue
		}
		for _, value := range got[1:] {
			goOn, ok := s.unseen(ctx, a, value, seen, yield)
			if !goOn || !ok {
				return goOn
			}
		}
		bucket += readAtOnce
	}
	return true
}

// unseen yields the users of one list that are not in seen. It reports whether to
// go on, and whether the cache answered.
func (s *shared) unseen(ctx context.Context, a *answer, list fetched, seen map[string]bool, yield func(User, error) bool) (goOn, ok bool) {
	for u, err := range s.listedIn(ctx, a.node, list) {
		if err != nil {
			return yield(User{}, err), errors.Is(err, ErrCorrupt)
		}
		name := string(u.name)
		if seen[name] {
			continue
		}
		seen[name] = true
		if !yield(User{Name: name, Anonymous: u.anonymous, Age: a.age}, nil) {
			return false, true
		}
	}
	return true, true
}
