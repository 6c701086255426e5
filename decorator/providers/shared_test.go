package providers

import (
	"testing"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
	"github.com/eko/gocache/lib/v4/store"
	memcachestore "github.com/eko/gocache/store/memcache/v4"
	redisstore "github.com/eko/gocache/store/redis/v4"
	clusterstore "github.com/eko/gocache/store/rediscluster/v4"
	rueidisstore "github.com/eko/gocache/store/rueidis/v4"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
)

func redisOptions(addr string) *redis.Options {
	return &redis.Options{Addr: addr, ContextTimeoutEnabled: true, MaxRetries: -1}
}

func newRedis(tb testing.TB, addr string) store.StoreInterface {
	client := redis.NewClient(redisOptions(addr))
	tb.Cleanup(func() { client.Close() })
	return redisstore.NewRedis(client)
}

// newAutoPipeline is redis through a client that joins concurrent calls.
func newAutoPipeline(tb testing.TB, addr string) store.StoreInterface {
	client := redis.NewClient(redisOptions(addr))
	pipeline, err := client.AutoPipeline()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		pipeline.Close()
		client.Close()
	})
	return redisstore.NewRedis(pipeline)
}

func newCluster(tb testing.TB, addrs []string) store.StoreInterface {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, ContextTimeoutEnabled: true})
	tb.Cleanup(func() { client.Close() })
	return clusterstore.NewRedisCluster(client)
}

func newMemcache(tb testing.TB, addr string) store.StoreInterface {
	client := memcache.New(addr)
	client.Timeout = 5 * time.Second
	client.MaxIdleConns = 16
	tb.Cleanup(func() { client.Close() })
	return memcachestore.NewMemcache(client)
}

func newRueidis(tb testing.TB, addr string, disableCache bool) store.StoreInterface {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DisableCache: disableCache, ForceSingleClient: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	return rueidisstore.NewRueidis(client)
}
