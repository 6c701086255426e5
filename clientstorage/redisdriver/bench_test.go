package redisdriver_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/eko/gocache/lib/v4/store"
	redisstore "github.com/eko/gocache/store/redis/v4"
	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

const (
	benchTTL   = 60 * time.Second
	benchBatch = 64
)

// benchItems are what the benchmarks save: 200 bytes under keys of the length
// that a page has.
func benchItems() []clientstorage.Item {
	list := make([]clientstorage.Item, benchBatch)
	for i := range list {
		list[i] = clientstorage.Item{
			Key:   fmt.Sprintf("rollcall:p:AbCdEfGhIjK:%d", i),
			Value: fmt.Appendf(nil, "%0200d", i),
			TTL:   benchTTL,
		}
	}
	return list
}

// A way does the same as others do, with one key or with a batch.
type way struct {
	name string
	do   func(i int) error
}

// compare measures each of the ways by itself, and then all of them together.
func compare(b *testing.B, name string, keys int, ways []way) {
	for _, w := range ways {
		b.Run(name+"/"+w.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := w.do(i % benchBatch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(keys), "ns/key")
		})
	}
	b.Run(name+"/together", func(b *testing.B) { together(b, ways) })
}

// together takes the ways in turns, so that what else the machine does meets all
// of them, and reports how the median of each compares to that of the first.
func together(b *testing.B, ways []way) {
	took := make([][]time.Duration, len(ways))
	for i := 0; b.Loop(); i++ {
		for n := range ways {
			n = (n + i) % len(ways)
			start := time.Now()
			if err := ways[n].do(i % benchBatch); err != nil {
				b.Fatal(err)
			}
			took[n] = append(took[n], time.Since(start))
		}
	}
	for n, w := range ways {
		slices.Sort(took[n])
		b.ReportMetric(float64(took[n][len(took[n])/2])/float64(took[0][len(took[0])/2]), w.name+"/"+ways[0].name)
	}
}

// One key at a time: gocache's store over go-redis, go-redis itself, and the two
// drivers.
func BenchmarkOne(b *testing.B) {
	ctx := b.Context()
	client := plain(b, testserver.Redis(b))
	gocache := redisstore.NewRedis(client)
	decorated := decorate(b, client)
	d := redisdriver.New(client)
	list := benchItems()
	compare(b, "Save", 1, []way{
		{"gocache", func(i int) error {
			return gocache.Set(ctx, list[i].Key, list[i].Value, store.WithExpiration(benchTTL))
		}},
		{"go-redis", func(i int) error { return client.Set(ctx, list[i].Key, list[i].Value, benchTTL).Err() }},
		{"decorator", func(i int) error { return decorated.Save(ctx, list[i].Key, list[i].Value, benchTTL) }},
		{"redisdriver", func(i int) error { return d.Save(ctx, list[i].Key, list[i].Value, benchTTL) }},
	})
	if err := d.SaveMany(ctx, list); err != nil {
		b.Fatal(err)
	}
	compare(b, "Fetch", 1, []way{
		{"gocache", func(i int) error { _, err := gocache.Get(ctx, list[i].Key); return err }},
		{"go-redis", func(i int) error { return client.Get(ctx, list[i].Key).Err() }},
		{"decorator", func(i int) error { _, err := decorated.Fetch(ctx, list[i].Key); return err }},
		{"redisdriver", func(i int) error { _, err := d.Fetch(ctx, list[i].Key); return err }},
	})
}

func decorate(b *testing.B, client redis.UniversalClient) clientstorage.Driver {
	b.Helper()
	d, err := decorator.New(b.Context(), redisstore.NewRedis(client))
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// Batches of 64: gocache's store one key after the other, go-redis by hand, this
// driver, and the decorator with many calls at once, over a plain client and
// over one that makes batches of them by itself.
func BenchmarkMany(b *testing.B) {
	ctx := b.Context()
	client := plain(b, testserver.Redis(b))
	auto := autoPipeline(b, client)
	gocache := redisstore.NewRedis(client)
	list := benchItems()
	saves := []way{
		{"gocache", func(int) error {
			return inTurn(func(i int) error {
				return gocache.Set(ctx, list[i].Key, list[i].Value, store.WithExpiration(benchTTL))
			})
		}},
		{"go-redis-pipeline", func(int) error { return pipelineSet(ctx, client, list) }},
	}
	keys := keysOf(list)
	fetches := []way{
		{"gocache", func(int) error {
			return inTurn(func(i int) error { _, err := gocache.Get(ctx, keys[i]); return err })
		}},
		{"go-redis-pipeline", func(int) error { return pipelineGet(ctx, client, keys) }},
		{"go-redis-MGET", func(int) error { return client.MGet(ctx, keys...).Err() }},
	}
	for _, d := range []struct {
		name string
		clientstorage.Driver
	}{
		{"redisdriver", redisdriver.New(client)},
		{"redisdriver-AutoPipeline", redisdriver.New(auto)},
		{"decorator", one{decorate(b, client)}},
		{"decorator-AutoPipeline", one{decorate(b, auto)}},
	} {
		saves = append(saves, way{d.name, func(int) error { return clientstorage.SaveMany(ctx, d.Driver, list) }})
		fetches = append(fetches, way{d.name, func(int) error {
			_, err := clientstorage.FetchMany(ctx, d.Driver, keys)
			return err
		}})
	}
	compare(b, "Save", benchBatch, saves)
	compare(b, "Fetch", benchBatch, fetches)
}

// inTurn is a batch without batches.
func inTurn(do func(i int) error) error {
	for i := range benchBatch {
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

func pipelineSet(ctx context.Context, client *redis.Client, list []clientstorage.Item) error {
	pipe := client.Pipeline()
	for _, item := range list {
		pipe.Set(ctx, item.Key, item.Value, item.TTL)
	}
	_, err := pipe.Exec(ctx)
	return err
}

func pipelineGet(ctx context.Context, client *redis.Client, keys []string) error {
	pipe := client.Pipeline()
	for _, key := range keys {
		pipe.Get(ctx, key)
	}
	_, err := pipe.Exec(ctx)
	return err
}

// On a cluster go-redis sends each of the nodes its part of a batch.
func BenchmarkCluster(b *testing.B) {
	ctx := b.Context()
	d := redisdriver.New(cluster(b, testserver.RedisCluster(b)))
	alone := one{d}
	list := benchItems()
	keys := keysOf(list)
	compare(b, "Save", benchBatch, []way{
		{"each", func(int) error { return clientstorage.SaveMany(ctx, alone, list) }},
		{"many", func(int) error { return d.SaveMany(ctx, list) }},
	})
	compare(b, "Fetch", benchBatch, []way{
		{"each", func(int) error { _, err := clientstorage.FetchMany(ctx, alone, keys); return err }},
		{"many", func(int) error { _, err := d.FetchMany(ctx, keys); return err }},
	})
}
