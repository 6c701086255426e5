package clientstorage

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"
)

// askForUsers asks the other nodes for the lists that these users would be in.
func (s *shared) askForUsers(ctx context.Context, users []string) ([]answer, error) {
	return s.ask(ctx, func(node NodeID, level uint8) []string {
		seed := node.hashSeed()
		buckets := make([]uint32, len(users))
		for i, user := range users {
			buckets[i] = fnv1a(seed, user) & (1<<level - 1)
		}
		slices.Sort(buckets)
		buckets = slices.Compact(buckets)
		keys := make([]string, len(buckets))
		for i, bucket := range buckets {
			keys[i] = s.listKey(node, level, bucket)
		}
		return keys
	})
}

// listedIn yields the users in the lists that were fetched with an answer, and
// the errors, which name the node.
func (s *shared) listedIn(ctx context.Context, a *answer) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		if a.err != nil {
			yield(listed{}, a.err)
			return
		}
		for _, value := range a.values {
			if errors.Is(value.err, ErrNotFound) {
				continue // an empty list is not kept
			}
			if value.err != nil {
				if !yield(listed{}, ofNode(a.node, value.err)) {
					return
				}
				continue
			}
			for u, err := range decodeList(value.bytes) {
				if err != nil {
					s.hear(ctx, err)
					err = ofNode(a.node, err)
				}
				if !yield(u, err) {
					return
				}
			}
		}
	}
}

// pagesOfUser returns the pages that a node has listed for user.
func (s *shared) pagesOfUser(ctx context.Context, a *answer, user string) ([]uint32, error) {
	for u, err := range s.listedIn(ctx, a) {
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
	asked := make(map[string]bool, len(users))
	for _, user := range users {
		asked[user] = true
	}
	answers, err := s.askForUsers(ctx, users)
	if err != nil {
		return 0, err
	}
	var errs []error
	for i := range answers {
		age = max(age, answers[i].age)
		for u, err := range s.listedIn(ctx, &answers[i]) {
			if err != nil {
				errs = append(errs, err)
			} else if asked[string(u.name)] {
				found[string(u.name)] = true
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
			a.lease, bucket = now, 0
			continue
		}
		a.values = got[1:]
		for u, err := range s.listedIn(ctx, a) {
			if err == nil && seen[string(u.name)] {
				continue
			}
			if err == nil {
				seen[string(u.name)] = true
			}
			if !yield(User{Name: string(u.name), Anonymous: u.anonymous, Age: a.age}, err) {
				return false
			}
			if err != nil && !errors.Is(err, ErrCorrupt) {
				return true
			}
		}
		bucket += readAtOnce
	}
	return true
}
