package redisstore

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// What Symfony makes of a data source name.
type symfony struct {
	Error, Class, Prefix string
	Hosts                []string
	Auth                 any
	DB, Sentinel         string
	Timeout              float64
	ReadTimeout          float64 `json:"read_timeout"`
}

// askSymfony returns what Symfony makes of each of dsns.
func askSymfony(t *testing.T, dsns []string) []symfony {
	t.Helper()
	testserver.Try(t, "php-cli php-redis php-symfony-http-foundation php-symfony-cache", "php", "-r",
		`require 'Symfony/Component/HttpFoundation/autoload.php'; require 'Symfony/Component/Cache/autoload.php'; exit(extension_loaded('redis') ? 0 : 1);`)
	cmd := exec.Command("php", "-d", "display_errors=stderr", "testdata/dsn.php")
	cmd.Stdin = strings.NewReader(strings.Join(dsns, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []symfony
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
		var a symfony
		if err := json.Unmarshal(s.Bytes(), &a); err != nil {
			t.Fatalf("%s: %v", s.Bytes(), err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(dsns) {
		t.Fatalf("%d answers for %d names", len(answers), len(dsns))
	}
	return answers
}

// stricter are errors about what Symfony accepts: its own mistakes, or what is
// not supported.
var stricter = []string{"redis:/path", "no sockets", `second "@"`, "%3A", "list", "two passwords", "%23"}

// Data source names of all kinds mean the same to Symfony and here.
func TestParseAsSymfony(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	dsns := make([]string, 3000)
	for i := range dsns {
		dsns[i] = randomDSN(random)
	}
	refused, same := 0, 0
	for i, want := range askSymfony(t, dsns) {
		got, err := parse(dsns[i])
		switch {
		case err == nil && want.Error == "":
			same++
			if diff := compare(got, want); diff != "" {
				t.Errorf("seed %d: %s\nhere    %v\nSymfony %+v\n%s", seed, dsns[i], got, want, diff)
			}
		case err != nil && want.Error != "":
			refused++
		case err == nil:
			t.Errorf("seed %d: %s is %v, but Symfony refuses it", seed, dsns[i], got)
		case slices.Contains(want.Hosts, ""): // with which it would not get far
		case !slices.ContainsFunc(stricter, func(s string) bool { return strings.Contains(err.Error(), s) }):
			t.Errorf("seed %d: %s: %v; but Symfony reads %+v", seed, dsns[i], err, want)
		}
	}
	if same < 500 || refused < 100 {
		t.Errorf("%d names mean the same, %d are refused by both", same, refused)
	}
}

func compare(got *config, want symfony) string {
	hosts := slices.Clone(want.Hosts)
	for i, h := range hosts {
		h = strings.TrimPrefix(h, "tls://")
		if !strings.HasPrefix(h, "/") {
			h = strings.TrimSuffix(h, ":") // of "redis:host:", with which it would not get far
		}
		if !strings.Contains(h, ":") && !strings.HasPrefix(h, "/") {
			h += ":6379" // to phpredis, a path that is none is a host
		}
		hosts[i] = h
	}
	if !slices.Equal(got.addrs, hosts) {
		return "hosts"
	}
	if got.prefix != want.Prefix {
		return "prefix"
	}
	if got.several() != (want.Class == "RedisArray") || got.cluster != strings.Contains(want.Class, "Cluster") {
		return "class"
	}
	if want.Class == "RedisArray" {
		return "" // which does not tell the rest
	}
	password := fmt.Sprint(want.Auth)
	if list, ok := want.Auth.([]any); ok {
		password = fmt.Sprint(list[len(list)-1])
	}
	switch {
	case !got.cluster && got.auth.password != password:
		return "password"
	case strconv.Itoa(got.db) != want.DB:
		return "database"
	case got.sentinel != want.Sentinel:
		return "sentinel"
	case want.Timeout != 30 && got.dialTimeout.Seconds() != want.Timeout || got.readTimeout.Seconds() != want.ReadTimeout:
		return "timeouts"
	}
	return ""
}

// randomDSN returns a name of parts that go together more often than not.
func randomDSN(random *rand.Rand) string {
	pick := func(s ...string) string { return s[random.IntN(len(s))] }
	dsn := pick("redis:", "redis:", "rediss:") + pick("//", "//", "//", "")
	dsn += pick("", "", "", "", "secret@", ":secret@", "u:s%40c%zz+ret@", "u:a:b@", "@", ":@", "p/w?d#x@", "p/w@", "u:p/w@", "u:99999/w@", "a@b@")
	dsn += pick("host", "host", "h.example.com", "host:7000", "host:", "host:0", "host:70000", "", "", "/s.sock", "/run/redis/s.sock", "[::1]:5")
	dsn += pick("", "", "", "/", "/3", "/0", "/x", "/3/4", "/3x")
	separator := "?"
	for range random.IntN(4) {
		dsn += separator + pick(
			"host[one]", "host[two:7001]", "host[t.wo:7002]=weight%3D3", "host[/s2.sock:]", "host[three:x]", "host%5Bfour%3a1%5D", "host=x",
			"prefix=app_", "prefix=a+b%3A", "prefix=", "prefix=%zz%", "ttl=3", "dbindex=3", "dbindex=4", "timeout=2.5", "read_timeout=3",
			"redis_cluster=1", "redis_cluster=0", "redis_sentinel=mymaster", "lazy=1", "persistent=0", "retry_interval=1", "", "auth=x%26y",
		)
		separator = pick("&", "&", "&", "&&", "#")
	}
	return dsn
}
