package redisstore

import (
	"hash/crc32"
	"math"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// several says that the sessions are spread over hosts that know nothing of one
// another.
func (c *config) several() bool { return len(c.addrs) > 1 && !c.cluster && c.sentinel == "" }

// client makes the client. It does not connect.
//
// A handshake waits for the answer, so a server that is down is tried twice and
// no more, and the deadline of the context counts.
func (c *config) client() redis.UniversalClient {
	const retries = 1
	switch {
	case c.cluster: // a cluster has one database only
		return redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: c.addrs, Username: c.auth.user, Password: c.auth.password, TLSConfig: c.tls,
			DialTimeout: c.dialTimeout, ReadTimeout: c.readTimeout,
			Protocol: 2, MaxRetries: retries, DialerRetries: 1, ContextTimeoutEnabled: true,
		})
	case c.sentinel != "":
		return redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: c.sentinel, SentinelAddrs: c.addrs,
			SentinelUsername: c.sentinelAuth.user, SentinelPassword: c.sentinelAuth.password,
			DB: c.db, Username: c.auth.user, Password: c.auth.password, TLSConfig: c.tls,
			DialTimeout: c.dialTimeout, ReadTimeout: c.readTimeout,
			Protocol: 2, MaxRetries: retries, DialerRetries: 1, ContextTimeoutEnabled: true,
		})
	case c.several(): // a RedisArray knows of no databases
		return redis.NewRing(&redis.RingOptions{
			Addrs: c.shards(), NewConsistentHash: func([]string) redis.ConsistentHash { return array(len(c.addrs)) },
			HeartbeatFrequency: time.Hour, // array does not heed who lives
			Username:           c.auth.user, Password: c.auth.password, TLSConfig: c.tls,
			DialTimeout: c.dialTimeout, ReadTimeout: c.readTimeout,
			Protocol: 2, MaxRetries: retries, DialerRetries: 1, ContextTimeoutEnabled: true,
		})
	}
	return redis.NewClient(&redis.Options{
		Addr: c.addrs[0], DB: c.db, Username: c.auth.user, Password: c.auth.password, TLSConfig: c.tls,
		DialTimeout: c.dialTimeout, ReadTimeout: c.readTimeout,
		Protocol: 2, MaxRetries: retries, DialerRetries: 1, ContextTimeoutEnabled: true,
	})
}

// shards names the hosts by their place in the list.
func (c *config) shards() map[string]string {
	shards := make(map[string]string, len(c.addrs))
	for i, addr := range c.addrs {
		shards[strconv.Itoa(i)] = addr
	}
	return shards
}

// An array spreads keys over so many hosts as phpredis' RedisArray does:
// ra_find_node in its redis_array_impl.c. A host that is down keeps its keys:
// with them on another one, its users would seem to have no session.
type array int

func (a array) Get(key string) string {
	place := uint64(crc32.ChecksumIEEE([]byte(key))) * uint64(a) / math.MaxUint32
	return strconv.FormatUint(min(place, uint64(a)-1), 10)
}
