// Package redisdriver keeps clients in Redis, straight through go-redis.
//
//	rdb := redis.NewUniversalClient(&redis.UniversalOptions{
//		Addrs:                 []string{"127.0.0.1:6379"},
//		ContextTimeoutEnabled: true,
//	})
//	storage, err := clientstorage.New(redisdriver.New(rdb), nil)
//
// One key at a time it does what package decorator does over gocache's Redis
// store. It is there for many keys at once, which gocache's stores cannot ask
// for: they go out in one round trip, where a store takes one for each.
//
// # Which client
//
// It works with all that is a [redis.UniversalClient]: a client of one server,
// of a server behind Sentinels, of a Cluster, a Ring, and an AutoPipeliner. The
// server needs to know no more than GET, MGET, SET and DEL, and no scripts, so
// whatever speaks Redis' protocol will do.
//
// Set ContextTimeoutEnabled in the client's options. Without it go-redis does
// not look at a context's deadline while it waits for the server, and a call
// lasts as long as DialTimeout, ReadTimeout and MaxRetries say: many seconds. A
// call for one key through an AutoPipeliner does so in any case, because it
// shares its round trip with others.
//
// Reads must come from the server that took the write, so leave ReadOnly,
// RouteByLatency, RouteRandomly and ReplicaOnly unset: a replica may not have
// yet what was just saved.
package redisdriver
