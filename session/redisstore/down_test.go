package redisstore_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

// expectDown expects that the store could not be asked, and that no error tells
// whom it was asked for.
func expectDown(t *testing.T, records []session.Record) {
	t.Helper()
	for i, r := range records {
		if r.Err == nil || errors.Is(r.Err, session.ErrNotFound) || errors.Is(r.Err, session.ErrUnreadable) {
			t.Errorf("record %d: %q, %v; want an error of the store", i, r.Data, r.Err)
			continue
		}
		if text := r.Err.Error(); strings.Contains(text, "SECRET") || !strings.HasPrefix(text, "redisstore: ") {
			t.Errorf("record %d: %s", i, text)
		}
	}
}

func secrets(n int) []string {
	list := ids(n)
	for i := range list {
		list[i] += "SECRET"
	}
	return list
}

// A server that is down, that hangs, that wants a password, or that forbids the
// command, knows nothing about any session.
func TestDown(t *testing.T) {
	hanging, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hanging.Close()
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.Close()
	locked := testserver.Redis(t)
	plain(t, locked).ConfigSet(t.Context(), "requirepass", "SECRET")
	forbidding := testserver.Redis(t)
	plain(t, forbidding).Do(t.Context(), "acl", "setuser", "default", "-getrange")
	for name, addr := range map[string]string{
		"hanging": hanging.Addr().String(), "refusing": refusing.Addr().String(),
		"locked": locked, "forbidding": forbidding,
	} {
		t.Run(name, func(t *testing.T) {
			client := plain(t, addr)
			var hook trips
			client.AddHook(&hook)
			store := redisstore.New(client, nil)
			for _, n := range []int{1, 2, 2000} {
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				start := time.Now()
				expectDown(t, store.Fetch(ctx, secrets(n), big))
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("%d sessions: it took %v", n, took)
				}
				cancel()
			}
			if n := hook.commands.Load(); (name == "hanging" || name == "refusing") && n > 2+512 {
				t.Errorf("it went on asking: %d commands", n)
			}
		})
	}
}

func TestEndedContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, kind := range kinds[:2] {
		client := kind.open(t)
		for _, n := range []int{1, 2, 600} {
			records := redisstore.New(client, nil).Fetch(ctx, secrets(n), big)
			expectDown(t, records)
			if !errors.Is(records[n-1].Err, context.Canceled) {
				t.Errorf("%s: %v", kind.name, records[n-1].Err)
			}
		}
	}
}

// unknown is a hook that makes commands into ones that no server knows.
type unknown struct{ trips }

func (*unknown) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		cmd.Args()[0] = "nosuch" // its error quotes what follows
		return next(ctx, cmd)
	}
}

func (*unknown) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			cmd.Args()[0] = "nosuch"
		}
		return next(ctx, cmds)
	}
}

// Sessions' ids are not in the error of a server that does not know GETRANGE.
func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	client.AddHook(&unknown{})
	for _, n := range []int{1, 2} {
		expectDown(t, redisstore.New(client, nil).Fetch(t.Context(), secrets(n), big))
	}
}

// One node of a cluster that is down knows nothing about its sessions; the
// others do.
func TestOneNodeDown(t *testing.T) {
	t.Parallel()
	addrs := testserver.RedisCluster(t)
	client := closing(t, redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: addrs, MaxRedirects: -1, ContextTimeoutEnabled: true, DialerRetries: 1, DialTimeout: time.Second,
	}))
	node := plain(t, addrs[0])
	node.ConfigSet(t.Context(), "cluster-require-full-coverage", "no")
	all := ids(300)
	for _, id := range all {
		set(t, client, "sf_s"+id, "value")
	}
	plain(t, addrs[2]).ShutdownNoSave(t.Context())
	down, up := 0, 0
	for _, r := range redisstore.New(client, nil).Fetch(t.Context(), all, big) {
		switch {
		case r.Err == nil && string(r.Data) == "value":
			up++
		case errors.Is(r.Err, session.ErrNotFound) || errors.Is(r.Err, session.ErrUnreadable) || r.Err == nil:
			t.Fatalf("%q, %v", r.Data, r.Err)
		default:
			down++
		}
	}
	if up < 50 || down < 50 {
		t.Errorf("%d sessions were read and %d could not be asked for", up, down)
	}
}

// A hook that keeps commands from being carried out, and does not say so, does
// not make users seem to be signed out.
type swallow struct{ trips }

func (*swallow) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(context.Context, redis.Cmder) error { return nil }
}

func (*swallow) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(context.Context, []redis.Cmder) error { return nil }
}

func TestNotCarriedOut(t *testing.T) {
	t.Parallel()
	client := plain(t, "127.0.0.1:1")
	client.AddHook(&swallow{})
	store := redisstore.New(client, nil)
	expectDown(t, store.Fetch(t.Context(), secrets(1), big))
	expectDown(t, store.Fetch(t.Context(), secrets(600), big))
}
