package redisdriver_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/drivertest"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

func TestMain(m *testing.M) {
	logging.Disable() // go-redis logs what it also returns
	leakcheck.Main(m)
}

// A kind of client starts its servers and returns how to open clients of them.
type kind struct {
	name  string
	start func(t testing.TB) (open func(t testing.TB) redis.UniversalClient)
}

var kinds = []kind{
	{"plain", func(t testing.TB) func(testing.TB) redis.UniversalClient {
		addr := testserver.Redis(t)
		return func(t testing.TB) redis.UniversalClient { return plain(t, addr) }
	}},
	{"auto-pipeline", func(t testing.TB) func(testing.TB) redis.UniversalClient {
		addr := testserver.Redis(t)
		return func(t testing.TB) redis.UniversalClient { return autoPipeline(t, plain(t, addr)) }
	}},
	{"cluster", func(t testing.TB) func(testing.TB) redis.UniversalClient {
		addrs := testserver.RedisCluster(t)
		return func(t testing.TB) redis.UniversalClient { return cluster(t, addrs) }
	}},
	{"auto-pipeline of a cluster", func(t testing.TB) func(testing.TB) redis.UniversalClient {
		addrs := testserver.RedisCluster(t)
		return func(t testing.TB) redis.UniversalClient { return autoPipeline(t, cluster(t, addrs)) }
	}},
	{"failover", func(t testing.TB) func(testing.TB) redis.UniversalClient {
		sentinel := testserver.RedisSentinel(t)
		return func(t testing.TB) redis.UniversalClient {
			return closing(t, redis.NewFailoverClient(&redis.FailoverOptions{
				MasterName:    testserver.SentinelMaster,
				SentinelAddrs: []string{sentinel},
			}))
		}
	}},
	{"ring", func(t testing.TB) func(testing.TB) redis.UniversalClient {
		addrs := map[string]string{"one": testserver.Redis(t), "two": testserver.Redis(t)}
		return func(t testing.TB) redis.UniversalClient {
			return closing(t, redis.NewRing(&redis.RingOptions{Addrs: addrs}))
		}
	}},
}

// checks are what holds with every kind of client. Those of one kind share its
// servers, so their keys differ.
var checks = []struct {
	name  string
	check func(t *testing.T, client redis.UniversalClient)
}{
	{"many", many},
	{"none", none},
	{"more than a round trip", moreThanARoundTrip},
	{"own bytes", ownBytes},
	{"one bad item", oneBadItem},
	{"one fails", oneFails},
	{"foreign type", foreignType},
	{"equal", equal},
}

func TestEveryClient(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			open := k.start(t)
			for _, c := range checks {
				t.Run(c.name, func(t *testing.T) { c.check(t, open(t)) })
			}
			t.Run("conformance", func(t *testing.T) {
				drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
					return redisdriver.New(open(t))
				})
			})
		})
	}
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

func cluster(t testing.TB, addrs []string) *redis.ClusterClient {
	return closing(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs}))
}

func autoPipeline(t testing.TB, client redis.UniversalClient) redis.UniversalClient {
	t.Helper()
	auto, err := client.AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	return closing(t, auto)
}

func closing[C redis.UniversalClient](t testing.TB, client C) C {
	t.Cleanup(func() { client.Close() })
	return client
}
