package main

import (
	"bytes"
	"context"
	"errors"
	"net"
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

// attach attaches clients at a node of their own and returns the node's name.
func attach(t *testing.T, rdb redis.UniversalClient, clients ...clientstorage.Client) string {
	t.Helper()
	node, err := clientstorage.New(redisdriver.New(rdb), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(node.Close(context.WithoutCancel(t.Context())), rdb.Close()); err != nil {
			t.Error(err)
		}
	})
	for _, c := range clients {
		if _, err := node.Attach(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	return node.Node().String()
}

func TestRun(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	bob := clientstorage.Client{User: "bob", Roles: []string{"ROLE_ADMIN", "ROLE_USER"}, Since: since}
	anon := clientstorage.Client{User: "anon-1\x1b[2J", Anonymous: true, Since: since}
	addr := testserver.Redis(t)
	one := attach(t, redis.NewClient(&redis.Options{Addr: addr}), bob)
	two := attach(t, redis.NewClient(&redis.Options{Addr: addr}), anon)

	var out bytes.Buffer
	if err := run(t.Context(), addr, "", &out); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"USER        ROLES                 SINCE (UTC)          NODE",
		"anon-1?[2J                        2026-01-02 03:04:05  " + two,
		"bob         ROLE_ADMIN ROLE_USER  2026-01-02 03:04:05  " + one,
		"2 connected",
		"",
	}, "\n")
	if out.String() != want {
		t.Errorf("it printed\n%swant\n%s", out.String(), want)
	}
}

func TestSentinelAndCluster(t *testing.T) {
	sentinel := testserver.RedisSentinel(t)
	cluster := testserver.RedisCluster(t)
	attach(t, redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName:    testserver.SentinelMaster,
		SentinelAddrs: []string{sentinel},
	}), clientstorage.Client{User: "alice"})
	attach(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster}), clientstorage.Client{User: "bob"})
	for _, test := range []struct{ addrs, master, want string }{
		{sentinel, testserver.SentinelMaster, "alice"},
		{strings.Join(cluster, ","), "", "bob"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), test.addrs, test.master, &out)
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
	err = run(t.Context(), l.Addr().String(), "", &out)
	if err == nil || !strings.Contains(err.Error(), "Start one") || out.Len() > 0 {
		t.Errorf("without a Redis: %v, printed %q; want an error that says what to try", err, out.String())
	}
}
