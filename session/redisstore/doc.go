// Package redisstore reads sessions from Redis, and from what speaks its
// protocol.
//
//	sessions, err := session.Open("redis://localhost:6379/3?prefix=myapp_", nil)
//
// is for whoever has the data source name of the website. Any client of go-redis
// does as well, and with it what no name can say:
//
//	sessions := session.New(redisstore.New(client, nil), nil)
//
// # The key of a session
//
// It is a prefix and the session's id. The prefixes in use are
//
//	sf_s               Symfony's RedisSessionHandler; its option prefix
//	session            SncRedisBundle before 4; its option snc_redis.session.prefix
//	PHPREDIS_SESSION:  PHP's session.save_handler = redis; prefix in its save_path
//	sess:              connect-redis of Express
//	session_           boj/redistore of Go
//
// If the website's client has a prefix of its own, phpredis' OPT_PREFIX or
// Predis' prefix, that one is in front of it.
//
// # Data source names
//
// They are those of framework.session.handler_id in Symfony's configuration:
//
//	redis://[[user:]password@]host[:port][/database]
//	redis:[password@]/path/of/socket[/database]
//	redis:[password@]?host[one:6379]&host[two:6379]
//
// and likewise rediss: for TLS, and valkey: and valkeys:. The parameters are
//
//	prefix                    "sf_s" by default
//	dbindex                   the database, where the path does not say it
//	auth                      a password, or auth[]=user&auth[]=password
//	timeout, read_timeout     in seconds
//	redis_cluster=1           the hosts are nodes of a cluster
//	redis_sentinel=name       the hosts are Sentinels, and auth is for them
//	ssl[verify_peer]=0        with rediss: only; also verify_peer_name and cafile
//
// Several hosts that are neither are phpredis' RedisArray, which puts a session on
// one of them by the hash of its key. A cluster and a RedisArray have database 0
// only, whatever the name says: so it is with Symfony. Those parameters of
// Symfony's that matter only to PHP are accepted, others refused.
//
// # Which client
//
// New takes all that is a [redis.UniversalClient]. Set ContextTimeoutEnabled in
// its options: without it go-redis does not look at a context's deadline while it
// waits for the server. Set MaxRetries and DialerRetries to 1, if a server that is
// down is to be found out at once. Leave ReadOnly, RouteByLatency and
// RouteRandomly unset: a replica may not have the session yet that the website has
// just made.
//
// The server needs to know GETRANGE, and its user needs no permission but that and
// the keys with the prefix, and +select for a database other than 0. For Watch
// those are +ping, +subscribe, +client|id, +client|tracking and the channel
// &__redis__:invalidate.
//
// The sessions are read as they are, and those that phpredis has compressed or
// serialized once more (OPT_COMPRESSION, OPT_SERIALIZER igbinary or json) are
// refused, with an error that says so.
//
// # How changes are heard of
//
// [Store.Watch] makes use of what Redis 6 and Valkey have for caches at their
// clients, CLIENT TRACKING in broadcasting mode:
// https://redis.io/docs/latest/develop/reference/client-side-caching/. The server
// sends the key of each session that is written, deleted, prolonged or expires,
// in one small message for all that changes in one go.
//
// Keyspace notifications would tell the same, but the website's server must be
// configured for them, which hosters often do not allow; they tell of one key
// each, nothing of FLUSHALL, and the server compares all keys of a database with
// the pattern. Both are sent once: what is sent while the connection is down is
// lost. So the connection is one that notices its end within four seconds, and
// Watch says when something may have been lost.
//
// Tracking costs the server about 6 µs of CPU for each write of a session, where
// the write itself costs 10, and nothing for other keys that could be measured. A
// subscriber that does not read is cut off by the server's
// client-output-buffer-limit for pubsub.
//
// A session that expires is heard of when the server deletes it, which it does
// within a second or so, but later if very many keys expire together.
package redisstore
