// Package decorator makes caches into drivers of client storage.
//
// [CacheDecorator] takes any store of github.com/eko/gocache, which has one for
// most caches there are, and gives it the contract of a
// [clientstorage.Driver]: a miss is a miss, a failure is a failure, and a value
// that was saved is there until its time is up or the cache drops it.
//
//	cache, err := decorator.New(ctx, redisstore.NewRedis(client))
//	storage, err := clientstorage.New(cache, nil)
//
// Give the cache's client short timeouts, and have it heed the context where it
// does not by itself: go-redis wants ContextTimeoutEnabled in its Options, and
// waits for its ReadTimeout all the same when it pipelines by itself. How long a
// storage waits for its cache is said by a context.
//
// The other decorators are drivers around drivers, and compose: [Chain],
// [Prefix], [Timeout], [Retry], [Observe], [Seal] and [Compress]; the packages
// breaker and prometheusobserver have more. docs/decorators.md says which of them
// belongs where, and why.
//
// The package links gocache's store interface and nothing else: which cache is
// behind it, and that cache's client, is the caller's choice alone.
package decorator
