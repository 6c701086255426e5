package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

// cpu returns how many seconds the server has worked.
func cpu(b *testing.B, client *redis.Client) (seconds float64) {
	b.Helper()
	for line := range strings.Lines(client.Info(b.Context(), "cpu").Val()) {
		var n float64
		for _, name := range []string{"used_cpu_sys:%g", "used_cpu_user:%g"} {
			if _, err := fmt.Sscanf(line, name, &n); err == nil {
				seconds += n
			}
		}
	}
	return seconds
}

// perSession runs f, which deals with n sessions, and reports what each takes of
// the time and of the server.
func perSession(b *testing.B, client *redis.Client, n int, f func()) {
	b.ReportAllocs()
	before := cpu(b, client)
	for b.Loop() {
		f()
	}
	each := float64(b.N) * float64(n)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/each, "ns/session")
	b.ReportMetric((cpu(b, client)-before)*1e9/each, "server-ns/session")
}

// Sessions of a kilobyte, 512 at once and one, with GETRANGE as the store reads
// them, and with MGET.
func BenchmarkFetch(b *testing.B) {
	client := plain(b, testserver.Redis(b))
	all := ids(512)
	keys := make([]string, len(all))
	for i, id := range all {
		keys[i] = "sf_s" + id
		set(b, client, keys[i], kilobyte)
	}
	store := redisstore.New(client, nil)
	for _, n := range []int{1, 512} {
		b.Run(fmt.Sprint("store/", n), func(b *testing.B) {
			perSession(b, client, n, func() { store.Fetch(b.Context(), all[:n], big) })
		})
		b.Run(fmt.Sprint("MGET/", n), func(b *testing.B) {
			perSession(b, client, n, func() { client.MGet(b.Context(), keys[:n]...) })
		})
	}
}

// What a website's requests cost the server if nobody watches, if a store does,
// and if somebody listens to keyspace notifications instead. A request writes its
// session, and then some keys of a cache in the same database.
func BenchmarkWatched(b *testing.B) {
	for _, others := range []int{0, 10} {
		for _, how := range []string{"nobody", "tracking", "keyspace"} {
			b.Run(fmt.Sprintf("%d other keys/%s", others, how), func(b *testing.B) {
				client := plain(b, testserver.Redis(b))
				defer listen(b, client, how)()
				n := 0
				perSession(b, client, 1, func() {
					n++
					client.Set(b.Context(), fmt.Sprintf("sf_s%026d", n%1000), kilobyte, time.Hour)
					for i := range others {
						client.Set(b.Context(), fmt.Sprint("cache:", n%1000, i), kilobyte, time.Hour)
					}
				})
			})
		}
	}
}

var kilobyte = strings.Repeat("x", 1000)

// listen lets the server tell of its changes until stop is called.
func listen(b *testing.B, client *redis.Client, how string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	switch how {
	case "tracking":
		began := make(chan struct{})
		once := sync.OnceFunc(func() { close(began) })
		wg.Go(func() { redisstore.New(client, nil).Watch(ctx, func([]string) { once() }) })
		<-began
	case "keyspace":
		client.ConfigSet(ctx, "notify-keyspace-events", "Kg$x")
		sub := client.PSubscribe(ctx, "__keyspace@0__:sf_s*")
		sub.Receive(ctx)
		wg.Go(func() {
			for {
				if _, err := sub.Receive(ctx); err != nil {
					return
				}
			}
		})
		return func() { cancel(); sub.Close(); wg.Wait() }
	}
	return func() { cancel(); wg.Wait() }
}
