package redisstore_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/session/redisstore"
)

// An ear hears what Watch tells.
type ear struct {
	t     *testing.T
	calls chan []string
	ended chan error
	stop  context.CancelFunc
}

// watching watches until the test ends, and waits until it has begun.
func watching(t *testing.T, store *redisstore.Store) *ear {
	t.Helper()
	e := begin(t, store)
	e.expectAll()
	return e
}

func begin(t *testing.T, store *redisstore.Store) *ear {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	e := &ear{t, make(chan []string, 1000), make(chan error, 1), stop}
	var wg sync.WaitGroup
	wg.Go(func() { e.ended <- store.Watch(ctx, func(ids []string) { e.calls <- ids }) })
	t.Cleanup(func() { stop(); wg.Wait() })
	return e
}

const patience = 30 * time.Second

// expectAll waits until the ear hears that anything may have changed.
func (e *ear) expectAll() {
	e.t.Helper()
	e.await("nil", func(ids []string) bool { return ids == nil })
}

// expect waits until the ear hears of these sessions, in any order. It must not
// hear of others, nor of everything.
func (e *ear) expect(want ...string) {
	e.t.Helper()
	e.await(fmt.Sprint(want), func(ids []string) bool {
		if ids == nil {
			e.t.Fatal("anything may have changed")
		}
		for _, id := range ids {
			i := slices.Index(want, id)
			if i < 0 {
				e.t.Fatalf("heard of %q, want one of %q", id, want)
			}
			want = slices.Delete(want, i, i+1)
		}
		return len(want) == 0
	})
}

// eventually expects to hear of a session, if not at once. While some node is
// not listened to yet, the ear may hear that anything may have changed.
func (e *ear) eventually(client redis.UniversalClient, id string) {
	e.t.Helper()
	for heard := false; !heard; {
		set(e.t, client, "sf_s"+id, "value")
		e.await(id, func(ids []string) bool {
			heard = slices.Contains(ids, id)
			return heard || ids == nil
		})
	}
}

func (e *ear) await(what string, done func(ids []string) bool) {
	e.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case ids := <-e.calls:
			if done(ids) {
				return
			}
		case err := <-e.ended:
			e.t.Fatalf("waiting for %s: Watch ended: %v", what, err)
		case <-deadline:
			e.t.Fatalf("waiting for %s: nothing", what)
		}
	}
}

// silence expects that the ear has heard of nothing by the time that it hears of
// another change.
func (e *ear) silence(client redis.UniversalClient, prefix string) {
	e.t.Helper()
	set(e.t, client, prefix+"marker", "value")
	e.expect("marker")
}
