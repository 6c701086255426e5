package clientstorage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"
)

// shared is what a storage with a driver has beyond its table. This file reads
// what other nodes wrote; publish.go writes what this node holds; heartbeat.go
// keeps the node alive.
type shared struct {
	table  *table
	driver Driver
	opts   Options

	mu    sync.Mutex
	pages map[uint32]*pageState // those with a client in them or not yet written
	// version numbers the changes of all pages.
	version uint64
	leased  uint32 // pages that the lease in the cache covers
	joined  bool   // this node was seen in the list of nodes
	failing bool   // the cache failed when it was last used
	closed  bool

	publishing sync.WaitGroup

	leasing chan struct{} // holds one while the lease is written; guards these two:
	renewed bool          // a lease was written
	lost    bool          // and then was gone, and not all pages are written again

	closing   chan struct{} // holds one during Close; guards:
	withdrawn bool          // Close has succeeded

	stop context.CancelFunc
	done chan struct{} // closed when the heartbeat has ended
}

func share(t *table, driver Driver, opts Options) *shared {
	ctx, stop := context.WithCancel(context.Background())
	s := &shared{
		table:   t,
		driver:  driver,
		opts:    opts,
		pages:   make(map[uint32]*pageState),
		leasing: make(chan struct{}, 1),
		closing: make(chan struct{}, 1),
		stop:    stop,
		done:    make(chan struct{}),
	}
	go s.heartbeat(ctx)
	return s
}

func (s *shared) pageKey(node NodeID, page uint32) string {
	return s.opts.Prefix + "p:" + node.String() + ":" + strconv.FormatUint(uint64(page), 36)
}

func (s *shared) leaseKey(node NodeID) string { return s.opts.Prefix + "l:" + node.String() }

func (s *shared) nodesKey() string { return s.opts.Prefix + "nodes" }

// lookup finds a client of another node.
func (s *shared) lookup(ctx context.Context, id ID) (*Client, error) {
	if _, err := s.fetchLease(ctx, id.node); err != nil {
		return nil, wrap("lookup", err)
	}
	clients, err := s.fetchPage(ctx, id.node, id.slot/pageSlots)
	if err != nil {
		return nil, wrap("lookup", err)
	}
	for _, c := range clients {
		if c.ID == id {
			return c, nil
		}
	}
	return nil, ErrNotFound
}

// others returns the clients of all other nodes.
func (s *shared) others(ctx context.Context) iter.Seq2[*Client, error] {
	return func(yield func(*Client, error) bool) {
		for node, err := range s.liveNodes(ctx) {
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			if !s.clientsOf(ctx, node, yield) {
				return
			}
		}
	}
}

// pagesAtOnce is how many pages are asked for, or written, together. It bounds
// what a reader holds in memory.
const pagesAtOnce = 64

// clientsOf yields the clients of one node and reports whether to go on.
func (s *shared) clientsOf(ctx context.Context, node liveNode, yield func(*Client, error) bool) bool {
	for first := uint32(0); first < node.lease.pages; first += pagesAtOnce {
		last := min(first+pagesAtOnce, node.lease.pages)
		keys := make([]string, 0, last-first)
		for page := first; page < last; page++ {
			keys = append(keys, s.pageKey(node.id, page))
		}
		for i, value := range s.fetchEach(ctx, keys) {
			if errors.Is(value.err, ErrNotFound) {
				continue // an empty page is not kept
			}
			clients, err := s.page(ctx, value, node.id, first+uint32(i))
			if err != nil && !yield(nil, fmt.Errorf("clientstorage: node %v: %w", node.id, err)) {
				return false
			}
			if err != nil && !errors.Is(err, ErrCorrupt) {
				// If the cache fails, the other pages will hardly fare better, and
				// waiting for each of them helps nobody.
				return true
			}
			for _, c := range clients {
				if !yield(c, nil) {
					return false
				}
			}
		}
	}
	return true
}

// A fetched value, or why there is none.
type fetched struct {
	bytes []byte
	err   error
}

// fetchEach returns the values of keys in their order, in one round trip if the
// driver can. One value that a driver finds corrupt does not hide the others.
func (s *shared) fetchEach(ctx context.Context, keys []string) []fetched {
	all := make([]fetched, len(keys))
	values, err := FetchMany(ctx, s.driver, keys)
	for i, key := range keys {
		switch {
		case errors.Is(err, ErrCorrupt):
			all[i].bytes, all[i].err = s.driver.Fetch(ctx, key)
		case err != nil:
			all[i].err = err
		case values[i] == nil:
			all[i].err = ErrNotFound
		default:
			all[i].bytes = values[i]
		}
	}
	return all
}

func (s *shared) count(ctx context.Context) (Count, error) {
	var sum Count
	var errs []error
	for node, err := range s.liveNodes(ctx) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		sum.Clients += node.lease.count.Clients
		sum.Anonymous += node.lease.count.Anonymous
	}
	return sum, errors.Join(errs...)
}

type liveNode struct {
	id    NodeID
	lease lease
}

// liveNodes returns the other nodes that have a lease.
func (s *shared) liveNodes(ctx context.Context) iter.Seq2[liveNode, error] {
	return func(yield func(liveNode, error) bool) {
		nodes, err := s.fetchNodes(ctx)
		if err != nil && !errors.Is(err, ErrNotFound) {
			yield(liveNode{}, fmt.Errorf("clientstorage: list of nodes: %w", err))
			return
		}
		nodes = slices.DeleteFunc(nodes, func(id NodeID) bool { return id == s.table.node })
		keys := make([]string, len(nodes))
		for i, id := range nodes {
			keys[i] = s.leaseKey(id)
		}
		for i, value := range s.fetchEach(ctx, keys) {
			if errors.Is(value.err, ErrNotFound) {
				continue
			}
			node, err := liveNode{id: nodes[i]}, value.err
			if err == nil {
				node.lease, err = decodeLease(value.bytes)
				s.hear(ctx, err)
			}
			if err != nil {
				err = fmt.Errorf("clientstorage: node %v: %w", node.id, err)
			}
			if !yield(node, err) {
				return
			}
		}
	}
}

func (s *shared) fetchLease(ctx context.Context, node NodeID) (lease, error) {
	b, err := s.driver.Fetch(ctx, s.leaseKey(node))
	if err != nil {
		return lease{}, err
	}
	l, err := decodeLease(b)
	s.hear(ctx, err)
	return l, err
}

func (s *shared) fetchPage(ctx context.Context, node NodeID, page uint32) ([]*Client, error) {
	b, err := s.driver.Fetch(ctx, s.pageKey(node, page))
	return s.page(ctx, fetched{b, err}, node, page)
}

func (s *shared) page(ctx context.Context, f fetched, node NodeID, page uint32) ([]*Client, error) {
	if f.err != nil {
		return nil, f.err
	}
	clients, err := decodePage(f.bytes, node, page)
	s.hear(ctx, err)
	return clients, err
}

func (s *shared) fetchNodes(ctx context.Context) ([]NodeID, error) {
	b, err := s.driver.Fetch(ctx, s.nodesKey())
	if err != nil {
		return nil, err
	}
	nodes, err := decodeNodes(b)
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
