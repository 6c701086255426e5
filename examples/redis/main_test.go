package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

func TestMain(m *testing.M) {
	logging.Disable()
	leakcheck.Main(m)
}

// attach attaches clients at a node of this name and returns the last of them.
func attach(t *testing.T, rdb redis.UniversalClient, name string, clients ...clientstorage.Client) (last *clientstorage.Client) {
	t.Helper()
	node, err := clientstorage.New(redisdriver.New(rdb), &clientstorage.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(node.Close(context.WithoutCancel(t.Context())), rdb.Close()); err != nil {
			t.Error(err)
		}
	})
	for _, c := range clients {
		if last, err = node.Attach(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

var ages = regexp.MustCompile(`\b[0-9.]+m?s\b`)

// expect asks and wants these words on each line, for the columns are as wide
// as the ages are long.
func expect(t *testing.T, q question, want ...string) {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), q, &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(ages.ReplaceAllString(out.String(), "AGED")) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v printed\n%s\nwant\n%s", q, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRun(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	addr := testserver.Redis(t)
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	bob := attach(t, rdb, "web-1", clientstorage.Client{User: "bob", Roles: []string{"ROLE_ADMIN", "ROLE_USER"}, Since: since})
	anon := attach(t, redis.NewClient(&redis.Options{Addr: addr}), "web-2",
		clientstorage.Client{User: "anon-1\x1b[2J", Anonymous: true, Since: since})
	keys := keysOf(t, rdb)

	nodes := []string{
		bob.ID.Node().String() + " web-1 1 1 0 AGED",
		anon.ID.Node().String() + " web-2 1 1 1 AGED",
	}
	if anon.ID.Node() < bob.ID.Node() {
		slices.Reverse(nodes)
	}
	const head = "USER ROLES SINCE (UTC) CLIENT AGE"
	bobs := "bob ROLE_ADMIN ROLE_USER 2026-01-02 03:04:05 " + bob.ID.String() + " AGED"
	anons := "anon-1?[2J 2026-01-02 03:04:05 " + anon.ID.String() + " AGED"
	expect(t, question{addrs: addr},
		"NODE NAME CLIENTS USERS ANONYMOUS AGE", nodes[0], nodes[1], "all 2 2 1 AGED", "",
		head, anons, bobs, "2 connected")
	expect(t, question{addrs: addr, user: "bob"}, head, bobs, "1 connected")
	expect(t, question{addrs: addr, user: "carol"}, head, "0 connected")
	expect(t, question{addrs: addr, online: "bob,carol"}, "USER ONLINE AGE", "bob yes AGED", "carol no AGED")

	web1 := "web-1 (" + bob.ID.Node().String() + ")"
	expect(t, question{addrs: addr, explain: bob.ID.String()}, "visible",
		"yes "+web1+" node: in the list of 2 nodes",
		"yes "+web1+" lease: at most AGED old; it covers 1 page",
		"yes "+web1+" page: page 0 is there, and the lease covers it",
		"yes "+web1+" client: on the page")
	expect(t, question{addrs: addr, explain: strings.Repeat("x", 256)}, "not visible",
		"no user: no client can have this name: it is empty, or longer than 255 bytes")
	if after := keysOf(t, rdb); !slices.Equal(after, keys) {
		t.Errorf("the keys were %q, and after it had asked they were %q", keys, after)
	}
}

func keysOf(t *testing.T, rdb *redis.Client) []string {
	t.Helper()
	keys, err := rdb.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

func TestSentinelAndCluster(t *testing.T) {
	sentinel := testserver.RedisSentinel(t)
	cluster := testserver.RedisCluster(t)
	attach(t, redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName:    testserver.SentinelMaster,
		SentinelAddrs: []string{sentinel},
	}), "web", clientstorage.Client{User: "alice"})
	attach(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster}), "web", clientstorage.Client{User: "bob"})
	for _, test := range []struct{ addrs, master, want string }{
		{sentinel, testserver.SentinelMaster, "alice"},
		{strings.Join(cluster, ","), "", "bob"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), question{addrs: test.addrs, master: test.master}, &out)
		if err != nil || !strings.Contains(out.String(), "\n"+test.want+" ") || !strings.Contains(out.String(), "1 connected") {
			t.Errorf("%v; it printed\n%s", err, out.String())
		}
	}
}

func TestNoRedis(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // now nobody listens there
	var out bytes.Buffer
	err = run(t.Context(), question{addrs: l.Addr().String()}, &out)
	if err == nil || !strings.Contains(err.Error(), "Start one") || out.Len() > 0 {
		t.Errorf("without a Redis: %v, printed %q; want an error that says what to try", err, out.String())
	}
}
