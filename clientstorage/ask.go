package clientstorage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// An answer is what another node's lease says, and the values that were asked
// for with it.
type answer struct {
	node   NodeID
	lease  lease
	age    time.Duration
	values []fetched
	err    error // of the lease
}

// ask asks the other nodes for values: keysOf says which, given a node and the
// level of its lists. It returns the answers of those that are alive, in the
// order of their ids.
//
// It takes one round trip if the nodes are those of the last time, because it
// fetches their leases and the values with the list of nodes, and then looks
// whether it was right. For what it did not know it asks again.
func (s *shared) ask(ctx context.Context, keysOf func(node NodeID, level uint8) []string) ([]answer, error) {
	guess := s.view.guess()
	for range mostTries {
		nodes, answers, whole, err := s.askOnce(ctx, guess, keysOf)
		if err != nil {
			return nil, fmt.Errorf("clientstorage: list of nodes: %w", err)
		}
		s.view.keep(nodes)
		if whole {
			return answers, nil
		}
	}
	return nil, errUnsteady
}

const mostTries = 6

var errUnsteady = errors.New("clientstorage: the nodes change faster than they can be asked")

// askOnce asks the nodes of the guess, and corrects it. It reports whether it was
// right.
func (s *shared) askOnce(ctx context.Context, guess map[NodeID]uint8, keysOf func(NodeID, uint8) []string) (nodes []NodeID, answers []answer, whole bool, err error) {
	asked := time.Now()
	keys := []string{s.nodesKey()}
	at := make(map[NodeID][2]int, len(guess)) // where the keys of a node are
	for id, level := range guess {
		first := len(keys)
		keys = append(keys, s.leaseKey(id))
		if keysOf != nil {
			keys = append(keys, keysOf(id, level)...)
		}
		at[id] = [2]int{first, len(keys)}
	}
	values := s.fetchEach(ctx, keys)
	nodes, err = s.nodesIn(ctx, values[0])
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, nil, false, err
	}
	nodes = slices.DeleteFunc(nodes, func(id NodeID) bool { return id == s.table.node })
	whole = true
	for _, id := range nodes {
		span, known := at[id]
		if !known {
			guess[id], whole = minLevel, false
			continue
		}
		a := answer{node: id, values: values[span[0]+1 : span[1]]}
		lease := values[span[0]]
		if errors.Is(lease.err, ErrNotFound) {
			continue
		}
		if a.lease, a.err = s.leaseIn(ctx, lease); a.err != nil {
			a.err = ofNode(id, a.err)
		} else {
			a.age = s.view.saw(id, a.lease, asked)
			if keysOf != nil && a.lease.level != guess[id] {
				guess[id], whole = a.lease.level, false
			}
		}
		answers = append(answers, a)
	}
	return nodes, answers, whole, nil
}

// A fetched value, or why there is none.
type fetched struct {
	bytes []byte
	err   error
}

// fetchEach returns the values of keys in their order, in one round trip if the
// driver can. One that cannot be read does not hide the others.
func (s *shared) fetchEach(ctx context.Context, keys []string) []fetched {
	all := make([]fetched, len(keys))
	if len(keys) == 0 {
		return all
	}
	values, err := FetchMany(ctx, s.driver, keys)
	switch {
	case err == nil:
		for i, value := range values {
			if all[i].bytes = value; value == nil {
				all[i].err = ErrNotFound
			}
		}
	case len(keys) == 1 || ctx.Err() != nil:
		for i := range all {
			all[i].err = err
		}
	default:
		errs := oneByOne(ctx, len(keys), func(ctx context.Context, i int) (err error) {
			all[i].bytes, err = s.driver.Fetch(ctx, keys[i])
			return err
		})
		for i, err := range errs {
			all[i].err = err
		}
	}
	return all
}

func (s *shared) leaseIn(ctx context.Context, f fetched) (lease, error) {
	if f.err != nil {
		return lease{}, f.err
	}
	l, err := decodeLease(f.bytes)
	s.hear(ctx, err)
	return l, err
}

func (s *shared) fetchNodes(ctx context.Context) ([]NodeID, error) {
	b, err := s.driver.Fetch(ctx, s.nodesKey())
	return s.nodesIn(ctx, fetched{b, err})
}

func (s *shared) nodesIn(ctx context.Context, f fetched) ([]NodeID, error) {
	if f.err != nil {
		return nil, f.err
	}
	nodes, err := decodeNodes(f.bytes)
	s.hear(ctx, err)
	return nodes, err
}

// hear lets the driver know that a value of its was corrupt, if it was.
func (s *shared) hear(ctx context.Context, err error) {
	if err != nil {
		HearCorrupt(ctx, s.driver, err)
	}
}

// wrap says what could not be done, except that a miss stays a plain miss.
func wrap(doing string, err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrNotFound
	}
	return fmt.Errorf("clientstorage: %s: %w", doing, err)
}
