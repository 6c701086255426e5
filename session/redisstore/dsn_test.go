package redisstore

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// String is for tests.
func (c *config) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q db=%d prefix=%q", c.addrs, c.db, c.prefix)
	if c.auth != (credentials{}) {
		fmt.Fprintf(&b, " auth=%q", c.auth)
	}
	if c.sentinel != "" {
		fmt.Fprintf(&b, " sentinel=%q %q", c.sentinel, c.sentinelAuth)
	}
	if c.cluster {
		b.WriteString(" cluster")
	}
	if c.tls != nil {
		fmt.Fprintf(&b, " tls verify=%v,%v", !c.tls.InsecureSkipVerify, c.tls.VerifyConnection != nil)
	}
	if c.dialTimeout != 0 || c.readTimeout != 0 {
		fmt.Fprintf(&b, " %v %v", c.dialTimeout, c.readTimeout)
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for dsn, want := range map[string]string{
		"redis://localhost":                                        `["localhost:6379"] db=0 prefix="sf_s"`,
		"redis://localhost:1234":                                   `["localhost:1234"] db=0 prefix="sf_s"`,
		"redis://localhost:":                                       `["localhost:6379"] db=0 prefix="sf_s"`,
		"REDIS://localhost":                                        `["localhost:6379"] db=0 prefix="sf_s"`,
		"valkey://localhost/2":                                     `["localhost:6379"] db=2 prefix="sf_s"`,
		"redis://localhost/":                                       `["localhost:6379"] db=0 prefix="sf_s"`,
		"redis://localhost/13#x":                                   `["localhost:6379"] db=13 prefix="sf_s"`,
		"redis://localhost/13?dbindex=13":                          `["localhost:6379"] db=13 prefix="sf_s"`,
		"redis://localhost/3/4":                                    `["localhost:6379"] db=4 prefix="sf_s"`, // as Symfony reads it
		"redis://localhost?dbindex=3":                              `["localhost:6379"] db=3 prefix="sf_s"`,
		"redis://secret@localhost/13":                              `["localhost:6379"] db=13 prefix="sf_s" auth={"" "secret"}`,
		"redis://:secret@localhost":                                `["localhost:6379"] db=0 prefix="sf_s" auth={"" "secret"}`,
		"redis://user:se:cret@localhost":                           `["localhost:6379"] db=0 prefix="sf_s" auth={"user" "se:cret"}`,
		"redis://default:secret@localhost":                         `["localhost:6379"] db=0 prefix="sf_s" auth={"" "secret"}`,
		"redis://u%40:p%40%2F%3a+%zz%@localhost":                   `["localhost:6379"] db=0 prefix="sf_s" auth={"u@" "p@/:+%zz%"}`,
		"redis://p/w?x#y@localhost":                                `["localhost:6379"] db=0 prefix="sf_s" auth={"" "p/w?x#y"}`,
		"redis://%\x10\x11%4a%4A%g0@localhost":                     `["localhost:6379"] db=0 prefix="sf_s" auth={"" "%\x10\x11JJ%g0"}`,
		"redis://@localhost":                                       `["localhost:6379"] db=0 prefix="sf_s"`,
		"redis://localhost?auth=secret":                            `["localhost:6379"] db=0 prefix="sf_s" auth={"" "secret"}`,
		"redis://localhost?auth[]=user&auth[]=secret":              `["localhost:6379"] db=0 prefix="sf_s" auth={"user" "secret"}`,
		"redis://localhost?auth%5B0%5D=user&auth%5b1%5d=s%26":      `["localhost:6379"] db=0 prefix="sf_s" auth={"user" "s&"}`,
		"redis:///var/run/redis.sock":                              `["/var/run/redis.sock"] db=0 prefix="sf_s"`,
		"redis:///var/run/redis.sock/13":                           `["/var/run/redis.sock"] db=13 prefix="sf_s"`,
		"redis://secret@/var/run/redis.sock/13":                    `["/var/run/redis.sock"] db=13 prefix="sf_s" auth={"" "secret"}`,
		"redis:secret@/var/run/redis.sock?prefix=a":                `["/var/run/redis.sock"] db=0 prefix="a" auth={"" "secret"}`,
		"redis:localhost/3":                                        `["localhost:6379"] db=3 prefix="sf_s"`,
		"redis://[::1]":                                            `["[::1]:6379"] db=0 prefix="sf_s"`,
		"redis://[::1]:7000/1":                                     `["[::1]:7000"] db=1 prefix="sf_s"`,
		"redis://localhost?prefix=my+app%3A&ttl=1":                 `["localhost:6379"] db=0 prefix="my app:"`,
		"redis://localhost?prefix=":                                `["localhost:6379"] db=0 prefix=""`,
		"redis://localhost?prefix=a&&prefix=b":                     `["localhost:6379"] db=0 prefix="b"`,
		"redis:?host[one]&host[two:7000]&host[/s.sock:]":           `["one:6379" "two:7000" "/s.sock"] db=0 prefix="sf_s"`,
		"redis://zero:1?host[one]=weight%3D3&class=%5cRedisArray":  `["zero:1" "one:6379"] db=0 prefix="sf_s"`,
		"redis:secret@?host[/s.sock]":                              `["/s.sock"] db=0 prefix="sf_s" auth={"" "secret"}`,
		"redis:?host[a:1]&host[b:2]&redis_cluster=1&auth=s":        `["a:1" "b:2"] db=0 prefix="sf_s" auth={"" "s"} cluster`,
		"redis://a?cluster=yes&class=%5CRedisCluster":              `["a:6379"] db=0 prefix="sf_s" cluster`,
		"redis://a?redis_cluster=0":                                `["a:6379"] db=0 prefix="sf_s"`,
		"redis:?host[a:26379]&host[b:26379]&redis_sentinel=m":      `["a:26379" "b:26379"] db=0 prefix="sf_s" sentinel="m" {"" ""}`,
		"redis://p@a:26379/2?sentinel_master=m&auth=q":             `["a:26379"] db=2 prefix="sf_s" auth={"" "p"} sentinel="m" {"" "q"}`,
		"redis://a:26379?sentinel=m&auth=q":                        `["a:26379"] db=0 prefix="sf_s" auth={"" "q"} sentinel="m" {"" "q"}`,
		"redis://u:p@a:26379?sentinel=m":                           `["a:26379"] db=0 prefix="sf_s" auth={"u" "p"} sentinel="m" {"" ""}`,
		"redis://a?timeout=2.5&read_timeout=0.25":                  `["a:6379"] db=0 prefix="sf_s" 2.5s 250ms`,
		"redis://a?timeout=0&read_timeout=":                        `["a:6379"] db=0 prefix="sf_s"`,
		"redis://a?lazy=1&persistent=1&retry_interval=2&failover=": `["a:6379"] db=0 prefix="sf_s"`,
		"rediss://a":                    `["a:6379"] db=0 prefix="sf_s" tls verify=true,false`,
		"valkeys://a":                   `["a:6379"] db=0 prefix="sf_s" tls verify=true,false`,
		"rediss://a?ssl[verify_peer]=0": `["a:6379"] db=0 prefix="sf_s" tls verify=false,false`,
		"rediss://a?ssl[verify_peer]=1&ssl[verify_peer_name]=1": `["a:6379"] db=0 prefix="sf_s" tls verify=true,false`,
		"rediss://a?ssl[verify_peer_name]=0":                    `["a:6379"] db=0 prefix="sf_s" tls verify=false,true`,
		"rediss://a?ssl[verify_peer_name]=0&ssl[verify_peer]=0": `["a:6379"] db=0 prefix="sf_s" tls verify=false,false`,
	} {
		c, err := parse(dsn)
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
		} else if got := c.String(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", dsn, got, want)
		} else if err := c.client().Close(); err != nil {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

// Errors say what is wrong, and quote neither passwords nor what may be a part
// of one.
func TestParseErrors(t *testing.T) {
	for dsn, want := range map[string]string{
		"":                                           "begin with redis",
		"redis":                                      "begin with redis",
		"memcached://a":                              "begin with redis",
		"redis:":                                     "no host",
		"redis://":                                   "no host",
		"redis://?prefix=a":                          "no host",
		"redis://SECRET@?prefix=a":                   "no host",
		"redis:///3":                                 "no host",
		"redis://a/b":                                "number of a database",
		"redis://a/99999999999999999999":             "database is not a number",
		"redis://a?dbindex=SECRET":                   "database is not a number",
		"redis://a?dbindex=-1":                       "database is not a number",
		"redis://a/1?dbindex=2":                      "two databases",
		"redis://a:0":                                "%3A",
		"redis://a:65536":                            "%3A",
		"redis://user:SECRET":                        "%3A",
		"redis://:6379":                              "host",
		"redis://SECRET@SECRET@a":                    "%40",
		"redis://:SEC/RET":                           "number of a database",
		"redis://a?prefx=SECRET":                     `"prefx"`,
		"redis://a?prefix[]=SECRET":                  `"prefix"`,
		"redis://a?ttl[]=SECRET":                     `"ttl"`,
		"redis://a?auth=SEC&SECRET":                  "%26",
		"redis://a?auth=SEC&secret":                  "%26",
		"redis://a?SECRET":                           "unknown",
		"redis://a?host=SECRET":                      "host[one:6379]",
		"redis://a?host[]=SECRET":                    "entry of the list",
		"redis://a?host[SECRET:0]":                   "entry of the list",
		"redis://a?host[SECRET:x]":                   "entry of the list",
		"redis://a?host[:1]":                         "entry of the list",
		"redis://a?auth[]=a&auth[]=b&auth[]=SECRET":  "more than two",
		"redis://a?timeout=SECRET":                   "timeout",
		"redis://a?timeout=-1":                       "timeout",
		"redis://a?timeout=NaN":                      "timeout",
		"redis://a?read_timeout=1e300":               "read_timeout",
		"redis://a?redis_cluster=SECRET":             "redis_cluster",
		"redis://a?redis_cluster=1&redis_sentinel=m": "Sentinel",
		"redis:///s.sock?redis_cluster=1":            "sockets",
		"redis://a?host[/s.sock:]&redis_sentinel=m":  "sockets",
		"redis://a?class=RedisCluster":               "redis_cluster=1",
		`redis://a?host[b]&class=Predis\Client`:      "RedisArray",
		"redis://a@b?auth=SECRET":                    "two passwords",
		"redis://SE?RET@b?prefix=a":                  "%3F",
		"redis://SE/RET@b?prefix=a":                  "%2F",
		"redis://SE#RET@b?prefix=a":                  "%23",
		"redis://?host[a]":                           "redis:?host",
		"redis:///3?host[a]":                         "no host",
		"redis:a/b":                                  "%2F",
		"redis:///s.sock?prefix=a":                   "redis:/path",
		"redis://SECRET@/s.sock?prefix=a":            "redis:/path",
		"redis://a?ssl[verify_peer]=0":               "rediss",
		"rediss://a?ssl[verify_peer]=SECRET":         "ssl[verify_peer]",
		"rediss://a?ssl[passphrase]=SECRET":          "redisstore.New",
		"rediss://a?ssl[cafile]=/none.pem":           "ssl[cafile]",
		"rediss://a?ssl[cafile]=dsn_test.go":         "no certificate",
	} {
		_, err := parse(dsn)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(strings.ToUpper(err.Error()), "SECRET") {
			t.Errorf("%s: %v; want an error with %q", dsn, err, want)
		}
		if _, err := open(dsn); err == nil || !strings.HasPrefix(err.Error(), "redisstore: the data source name: ") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func FuzzDSN(f *testing.F) {
	for _, dsn := range []string{
		"redis://user:pass@host:6379/3?prefix=app_&ttl=60", "redis:?host[h1:6379]&host[h2]&redis_cluster=1", "rediss://h?ssl[verify_peer]=0",
		"redis:///var/run/redis.sock/13", "redis://a?auth[]=u&auth[]=p&timeout=2.5", "redis://%zz@[::1]:1?host[/s:]=a%3Db#x", "redis:@", "redis://a/?[", "redis:h]?host]a[",
	} {
		f.Add(dsn)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		if strings.Contains(dsn, "cafile") {
			return // reads a file
		}
		const secret = "5e\u00e7re7"
		c, err := parse(dsn)
		if err == nil {
			if len(c.addrs) == 0 || c.db < 0 || c.dialTimeout < 0 || c.readTimeout > 24*time.Hour {
				t.Errorf("%q: %v", dsn, c)
			}
		}
		// A password may be anything that is encoded.
		if _, err := parse("redis://" + secret + "@" + dsn); err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", dsn, err)
		}
	})
}
