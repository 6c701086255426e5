package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Watch calls changed with the ids of sessions that were written, have expired
// or were deleted, until ctx ends, whose cause it then returns. The ids are
// those of the keys with the store's prefix, in whichever database of the
// server, so some may not be of sessions. After a loss, and at the beginning, it
// calls changed with nil: anything may have changed.
//
// It calls changed from one goroutine, with at least one id or with nil. While
// changed runs, further changes are gathered, and when these are too many, they
// become nil.
//
// Any other error is errors.ErrUnsupported, and says what the server lacks. A
// server that is down is no error: Watch tries again, every five seconds in the
// end.
//
// A change can be missed, for some seconds until a dead connection is noticed.
// Whoever must not miss one looks at all sessions now and then.
func (s *Store) Watch(ctx context.Context, changed func(ids []string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	w := watch{store: s, changes: newChanges()}
	wg.Go(func() { cancel(w.followAll(ctx)) })
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-w.changes.some:
		}
		if ids := w.changes.take(); ids == nil || len(ids) > 0 {
			changed(ids)
		}
	}
}

// A watch is one call of Watch.
type watch struct {
	store   *Store
	changes *changes
}

// nodes returns a client for each server that holds sessions.
func (s *Store) nodes(ctx context.Context) (nodes []*redis.Client, err error) {
	var mu sync.Mutex
	collect := func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		nodes = append(nodes, node)
		return nil
	}
	switch c := s.client.(type) {
	case *redis.Client:
		return []*redis.Client{c}, nil
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, collect)
	case *redis.Ring:
		err = c.ForEachShard(ctx, collect)
	default:
		err = refusal{fmt.Errorf("redisstore: watch: a %T cannot be watched: give New the client that it was made of", c)}
	}
	return nodes, err
}

// lookAgain is how often a cluster is asked for its masters, in times of being
// quiet: 10 s. What happens at a new one before it is found is a loss.
const lookAgain = 5

// followAll follows each of the nodes, and returns when one of them refuses or
// ctx ends.
func (w *watch) followAll(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	followed := make(map[string]context.CancelFunc) // by the node's address
	for ctx.Err() == nil {
		nodes, err := w.store.nodes(ctx)
		if errors.As(err, &refusal{}) {
			return err
		}
		if err == nil {
			leave(followed, nodes)
		}
		for _, node := range nodes {
			addr := node.Options().Addr
			if followed[addr] != nil {
				continue
			}
			var nodeCtx context.Context
			nodeCtx, followed[addr] = context.WithCancel(ctx)
			wg.Go(func() {
				if err := w.follow(nodeCtx, node); err != nil {
					cancel(err)
				}
			})
		}
		sleep(ctx, lookAgain*w.store.quiet)
	}
	return context.Cause(ctx)
}

// leave stops to follow what is not among nodes.
func leave(followed map[string]context.CancelFunc, nodes []*redis.Client) {
	for addr, stop := range followed {
		if !slices.ContainsFunc(nodes, func(n *redis.Client) bool { return n.Options().Addr == addr }) {
			stop()
			delete(followed, addr)
		}
	}
}

// follow listens to a node until ctx ends, which is no error, or the node
// refuses.
func (w *watch) follow(ctx context.Context, node *redis.Client) error {
	const (
		soonest = 50 * time.Millisecond
		latest  = 5 * time.Second
	)
	wait := soonest
	for ctx.Err() == nil {
		start := time.Now()
		err := w.listen(ctx, node)
		if errors.As(err, &refusal{}) {
			return err
		}
		if time.Since(start) > 2*latest {
			wait = soonest
		}
		sleep(ctx, wait/2+rand.N(wait))
		wait = min(2*wait, latest)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
