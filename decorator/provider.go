package decorator

import (
	"errors"
	"time"

	"github.com/eko/gocache/lib/v4/codec"
)

// A Provider is what is known of one of gocache's stores: what it promises, and
// what CacheDecorator does about the rest. [Providers] lists them.
type Provider struct {
	// Name is the folder of the store in gocache.
	Name string
	// Shared says that other processes see what is saved.
	Shared bool
	// Drops says that a value may be gone before its time, because the cache
	// needs the room. A storage writes it again, but until then its clients are
	// not found.
	Drops bool
	// MaxValue is the length, in bytes, up to which a value is kept for certain;
	// 0 if the store itself sets no limit.
	MaxValue int
	// Note says what a user of the store must know.
	Note string

	gocacheType string                            // what GetType returns
	missText    string                            // how its error for a miss reads
	isMiss      func(err error) bool              // a miss that is no store.NotFound
	isAbsent    func(err error) bool              // an error of Delete for a key that is not there
	ttl         func(time.Duration) time.Duration // what to ask for, to get at least that
	envelope    bool                              // its ttl cannot be trusted, so the value carries one
	aliases     bool                              // it keeps the caller's slice, and returns it
	wantsString bool                              // it takes a string, and panics on bytes
	lossy       bool                              // a Set without an error may not have stored
	stale       bool                              // it may answer from a cache of its own
	patient     bool                              // nothing is known of it, so the probe looks at its ttl
}

// Providers returns what is known of the stores of gocache.
func Providers() []Provider {
	return append([]Provider{}, providers...)
}

var providers = []Provider{
	{
		Name: "bigcache", gocacheType: "bigcache", Drops: true,
		Note:     "LifeWindow bounds every ttl: make it longer than an hour",
		missText: bigcacheMiss, isMiss: textIs(bigcacheMiss), isAbsent: textIs(bigcacheMiss),
		envelope: true,
	},
	{
		Name: "freecache", gocacheType: "freecache", Drops: true,
		Note:     "a value may be as long as 1/1024 of the cache",
		missText: "value not found in Freecache store", isAbsent: always,
		ttl: wholeSeconds, envelope: true,
	},
	{
		Name: "go_cache", gocacheType: "go-cache",
		missText: "value not found in GoCache store", aliases: true,
	},
	{
		Name: "hazelcast", gocacheType: "hazelcast", Shared: true,
		Note:     "compiled, not run: no server is packaged for the tests",
		missText: "unable to retrieve data from hazelcast", ttl: wholeSeconds,
	},
	{
		Name: "memcache", gocacheType: "memcache", Shared: true, Drops: true, MaxValue: 1_000_000,
		Note:     "takes no context: set the client's Timeout",
		missText: "memcache: cache miss", ttl: memcacheTTL,
	},
	{
		Name: "pegasus", gocacheType: "pegasus", Shared: true,
		Note: "compiled, not run: no server is packaged for the tests",
		ttl:  wholeSeconds,
	},
	{
		Name: "redis", gocacheType: "redis", Shared: true,
		Note:     "set ContextTimeoutEnabled; AutoPipeline() makes batches of concurrent calls",
		missText: "redis: nil",
	},
	{
		Name: "rediscluster", gocacheType: "rediscluster", Shared: true,
		Note: "set ContextTimeoutEnabled",
	},
	{
		Name: "ristretto", gocacheType: "ristretto", Drops: true,
		Note:     "MaxCost is in bytes here; it must hold all clients",
		missText: "value not found in Ristretto store", aliases: true, lossy: true,
	},
	{
		Name: "rueidis", gocacheType: "rueidis", Shared: true,
		Note:     "needs ClientOption.DisableCache",
		missText: "redis nil message", ttl: wholeSeconds, wantsString: true, stale: true,
	},
}

// unknown is any other cache. It gets all the caution that works without
// knowing more, and must prove that it heeds a ttl.
var unknown = Provider{aliases: true, lossy: true, stale: true, patient: true, ttl: wholeSeconds}

const bigcacheMiss = "Entry not found"

func textIs(text string) func(error) bool {
	return func(err error) bool { return err.Error() == text }
}

func always(error) bool { return true }

// wholeSeconds rounds up, for stores that cut off what is below a second.
func wholeSeconds(ttl time.Duration) time.Duration {
	return (ttl + time.Second - 1).Truncate(time.Second)
}

// memcacheTTL adds a second, because memcached counts the ticks of a clock that
// has one a second, and the next tick may be near. A time of more than thirty
// days it would take for a date.
func memcacheTTL(ttl time.Duration) time.Duration {
	return min(wholeSeconds(ttl)+time.Second, 30*24*time.Hour)
}

// byType returns the provider of a store.
func byType(gocacheType string) (Provider, bool) {
	for _, p := range providers {
		if p.gocacheType == gocacheType {
			return p, true
		}
	}
	return unknown, false
}

// byMiss recognises a store behind wrappers by the error for a key that does not
// exist, which the generic caches of gocache pass on.
func byMiss(err error) (Provider, bool) {
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, p := range providers {
			if p.missText == e.Error() && p.missText != "" {
				return p, true
			}
		}
	}
	return unknown, false
}

// storeType returns the type of the store behind a cache of cache.New, and else
// the type of the cache itself.
func storeType(cache interface{ GetType() string }) string {
	if c, ok := cache.(interface{ GetCodec() codec.CodecInterface }); ok {
		return c.GetCodec().GetStore().GetType()
	}
	return cache.GetType()
}
