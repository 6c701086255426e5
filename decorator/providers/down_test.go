package providers

import (
	"testing"

	"github.com/eko/gocache/lib/v4/store"

	"github.com/rollcall-go/rollcall/clientstorage/drivertest"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A cache that is down is an error, and never a miss. Those of this process
// cannot be down: bigcache, freecache and go_cache go on after a Close, or have
// none, and a ristretto that was closed must not be used.
func TestDown(t *testing.T) {
	redis := func(t *testing.T) (string, func()) {
		testserver.Lookup(t, "redis-server", "redis-server")
		addr, stop, err := testserver.StartRedis(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return addr, stop
	}
	memcached := func(t *testing.T) (string, func()) { return testserver.StartMemcached(t) }
	for _, test := range []struct {
		name  string
		start func(t *testing.T) (addr string, stop func())
		open  func(tb testing.TB, addr string) store.StoreInterface
	}{
		{"redis", redis, newRedis},
		{"redis AutoPipeline", redis, newAutoPipeline},
		{"rueidis", redis, func(tb testing.TB, addr string) store.StoreInterface { return newRueidis(tb, addr, true) }},
		{"memcache", memcached, newMemcache},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			addr, stop := test.start(t)
			defer stop()
			s := test.open(t, addr)
			d := decorate[any](t, s)
			stop()
			drivertest.RunDown(t, d)
		})
	}
}
