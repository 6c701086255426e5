package redisstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

func TestMain(m *testing.M) {
	logging.Disable() // go-redis logs what it also returns
	leakcheck.Main(m)
}

// kinds are the clients that a store may be made of, each with a server of its
// own.
var kinds = []struct {
	name string
	open func(t testing.TB) redis.UniversalClient
}{
	{"plain", func(t testing.TB) redis.UniversalClient { return plain(t, testserver.Redis(t)) }},
	{"auto-pipeline", func(t testing.TB) redis.UniversalClient {
		auto, err := plain(t, testserver.Redis(t)).AutoPipeline()
		if err != nil {
			t.Fatal(err)
		}
		return closing(t, auto)
	}},
	{"cluster", func(t testing.TB) redis.UniversalClient {
		return closing(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: testserver.RedisCluster(t), ContextTimeoutEnabled: true}))
	}},
	{"failover", func(t testing.TB) redis.UniversalClient {
		return closing(t, redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: testserver.SentinelMaster, SentinelAddrs: []string{testserver.RedisSentinel(t)}, ContextTimeoutEnabled: true,
		}))
	}},
	{"ring", func(t testing.TB) redis.UniversalClient {
		addrs := map[string]string{"one": testserver.Redis(t), "two": testserver.Redis(t)}
		return closing(t, redis.NewRing(&redis.RingOptions{Addrs: addrs, ContextTimeoutEnabled: true}))
	}},
}

func plain(t testing.TB, addr string) *redis.Client {
	return closing(t, redis.NewClient(&redis.Options{
		Addr:                  addr,
		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           time.Second,
		ContextTimeoutEnabled: true,
	}))
}

func closing[C redis.UniversalClient](t testing.TB, client C) C {
	t.Cleanup(func() { client.Close() })
	return client
}

// ids returns ids of the form of PHP's.
func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%026d", i)
	}
	return list
}

func set(t testing.TB, client redis.UniversalClient, key, value string) {
	t.Helper()
	if err := client.Set(context.WithoutCancel(t.Context()), key, value, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
}

// trips is a hook that counts round trips of GETRANGE.
type trips struct{ one, many, commands atomic.Int64 }

func (h *trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "getrange" {
			h.one.Add(1)
		}
		return next(ctx, cmd)
	}
}

func (h *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if cmds[0].Name() == "getrange" {
			h.many.Add(1)
			h.commands.Add(int64(len(cmds)))
		}
		return next(ctx, cmds)
	}
}
