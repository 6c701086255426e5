package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	addr := testserver.Redis(t)
	client := plain(t, addr)
	ctx := t.Context()
	e := watching(t, redisstore.New(client, nil))

	set(t, client, "sf_sone", "value")
	e.expect("one")
	set(t, client, "sf_sone", "other")
	e.expect("one")
	client.Expire(ctx, "sf_sone", time.Hour)
	e.expect("one")
	client.Append(ctx, "sf_sone", "more")
	e.expect("one")
	client.Del(ctx, "sf_sone")
	e.expect("one")
	client.Set(ctx, "sf_sshort", "value", 20*time.Millisecond)
	e.expect("short")
	e.expect("short") // it has expired, and nobody has asked for it
	client.MSet(ctx, "sf_sa", 1, "sf_sb", 1, "sf_sc", 1)
	e.expect("a", "b", "c")
	client.Unlink(ctx, "sf_sa", "sf_sb")
	e.expect("a", "b")
	client.Rename(ctx, "sf_sc", "sf_sd")
	e.expect("c", "d")

	// What does not concern sessions is not told, nor what Fetch does.
	set(t, client, "other", "value")
	set(t, client, "sf_", "value")
	redisstore.New(client, nil).Fetch(ctx, []string{"d", "none"}, big)
	client.Del(ctx, "sf_snone")
	e.silence(client, "sf_s")

	other := closing(t, redis.NewClient(&redis.Options{Addr: addr, DB: 3}))
	set(t, other, "sf_sother", "value")
	e.expect("other")

	client.FlushDB(ctx)
	e.expectAll()
	set(t, client, "sf_sone", "value")
	e.expect("one")
}

// The server sends nothing about other keys.
func TestWatchQuietServer(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	e := watching(t, redisstore.New(client, nil))
	before := sent(t, client)
	for i := range 500 {
		set(t, client, fmt.Sprint("other", i), "value")
	}
	e.silence(client, "sf_s")
	if n := sent(t, client) - before; n > 20_000 {
		t.Errorf("it sent %d bytes", n)
	}
}

func TestWatchPrefixes(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	native := watching(t, redisstore.New(client, &redisstore.Options{Prefix: "PHPREDIS_SESSION:"}))
	symfony := watching(t, redisstore.New(client, nil))
	empty := watching(t, redisstore.New(client, nil).WithPrefix(""))
	set(t, client, "PHPREDIS_SESSION:one", "value")
	native.expect("one")
	empty.expect("PHPREDIS_SESSION:one")
	set(t, client, "sf_stwo", "value")
	symfony.expect("two")
	empty.expect("sf_stwo")
	native.silence(client, "PHPREDIS_SESSION:")
}

// What PHP does to a session is heard.
func TestWatchSymfony(t *testing.T) {
	t.Parallel()
	addr := testserver.Redis(t)
	dsn := "redis://" + addr + "/3?prefix=app_"
	e := watching(t, redisstore.New(plain(t, addr), &redisstore.Options{Prefix: "app_"}))
	php(t, "testdata/write.php", dsn, "abc")
	e.expect("abc")
	php(t, "testdata/write.php", dsn, "touch:abc")
	e.expect("abc")
	php(t, "testdata/write.php", dsn, "destroy:abc")
	e.expect("abc")
}

// A connection that the server closes is replaced, and what was missed is told.
func TestWatchKilled(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	watched, dials := counting(t, client.Options().Addr)
	e := watching(t, redisstore.New(watched, nil))
	const kills = 3
	for i := range kills {
		if n := client.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Val(); n != 1 {
			t.Fatalf("%d connections were closed", n)
		}
		e.expectAll()
		set(t, client, "sf_sone", fmt.Sprint(i))
		e.expect("one")
	}
	if n := strings.Count(client.ClientList(t.Context()).Val(), "\n"); n != 2 {
		t.Errorf("the server has %d clients, want the test's and the watcher's", n)
	}
	if n := dials.Load(); n > 1+kills+1 { // one more may be the slow machine's
		t.Errorf("it has connected %d times", n)
	}
}

// counting returns a client that counts how often it connects.
func counting(t *testing.T, addr string) (*redis.Client, *atomic.Int64) {
	var dials atomic.Int64
	return closing(t, redis.NewClient(&redis.Options{
		Addr: addr,
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.Add(1)
			var d net.Dialer
			return d.DialContext(ctx, network, addr)
		},
	})), &dials
}

// A node that comes later is listened to when it is found, one that goes is left,
// and one that stays has one listener.
func TestWatchNewNode(t *testing.T) {
	t.Parallel()
	one, two := testserver.Redis(t), testserver.Redis(t)
	ring := closing(t, redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": one}}))
	store := redisstore.New(ring, nil)
	store.SetQuiet(100 * time.Millisecond)
	e := begin(t, store)
	for i, addrs := range []map[string]string{{"one": one}, {"one": one, "two": two}, {"two": two}, {"one": one}} {
		ring.SetAddrs(addrs)
		for _, addr := range addrs {
			e.eventually(plain(t, addr), fmt.Sprint("round", i))
		}
		time.Sleep(2 * time.Second) // it looks four times
		for _, addr := range []string{one, two} {
			want := 0
			if slices.Contains(slices.Collect(maps.Values(addrs)), addr) {
				want = 1
			}
			info := plain(t, addr).Info(t.Context(), "clients").Val()
			if !strings.Contains(info, fmt.Sprintf("tracking_clients:%d\r\n", want)) {
				t.Errorf("round %d: want %d listeners: %s", i, want, info)
			}
		}
	}
}

// A server that is quiet for a long time, but there, is not given up.
func TestWatchQuiet(t *testing.T) {
	t.Parallel()
	store := redisstore.New(plain(t, testserver.Redis(t)), nil)
	store.SetQuiet(100 * time.Millisecond)
	e := watching(t, store)
	time.Sleep(3 * time.Second)
	if n := len(e.calls); n > 3 { // of thirty; the machine may be slow
		t.Errorf("it listened %d times anew", n)
	}
}

// Watch ends with its context, wherever it is: listening, waiting for a server
// that hangs, or for one that is down.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	hanging, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hanging.Close()
	for name, addr := range map[string]string{
		"listening": testserver.Redis(t), "hanging": hanging.Addr().String(), "down": "127.0.0.1:1",
	} {
		store := redisstore.New(plain(t, addr), nil)
		store.SetQuiet(time.Hour) // so that nothing else ends it
		e := begin(t, store)
		if name == "listening" {
			e.expectAll()
		} else {
			time.Sleep(100 * time.Millisecond)
		}
		e.stop()
		select {
		case err := <-e.ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(patience):
			t.Errorf("%s: it does not end", name)
		}
		if name != "listening" && len(e.calls) > 0 {
			t.Errorf("%s: %q", name, <-e.calls)
		}
	}
}

// Who does not get on with what is told hears in the end that anything may have
// changed, and then of what changes later.
func TestWatchBurst(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	ctx, cancel := context.WithCancel(t.Context())
	calls, release := make(chan []string), make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		redisstore.New(client, nil).Watch(ctx, func(ids []string) {
			select {
			case <-release:
			case <-ctx.Done():
				return
			}
			select {
			case calls <- ids:
			case <-ctx.Done():
			}
		})
	})
	release <- struct{}{}
	if ids := <-calls; ids != nil {
		t.Fatalf("%q", ids)
	}
	write := func(from, to int) {
		pipe := client.Pipeline()
		for i := from; i < to; i++ {
			pipe.Set(ctx, fmt.Sprintf("sf_s%026d", i), "value", time.Hour)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			t.Error(err)
		}
	}
	const many = 100_000
	for from := 0; from < many; from += 10_000 {
		write(from, from+10_000)
	}
	set(t, client, "sf_slast", "value")
	all, last := false, false
	for !all || !last {
		release <- struct{}{}
		ids := <-calls
		all = all || ids == nil
		if ids == nil {
			set(t, client, "sf_slast", "value")
		}
		last = all && slices.Contains(ids, "last")
		if len(ids) > many/2 {
			t.Errorf("%d ids at once", len(ids))
		}
	}
}

// Refusals are told, say what is lacking, and do not give away the password.
func TestWatchRefused(t *testing.T) {
	t.Parallel()
	addr := testserver.Redis(t)
	admin := plain(t, addr)
	as := func(user string, rules ...any) redis.UniversalClient {
		err := admin.Do(t.Context(), append([]any{"acl", "setuser", user, "on", ">SECRET", "~*"}, rules...)...).Err()
		if err != nil {
			t.Fatal(err)
		}
		return closing(t, redis.NewClient(&redis.Options{Addr: addr, Username: user, Password: "SECRET"}))
	}
	auto, err := admin.AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	closing(t, auto)
	for name, client := range map[string]redis.UniversalClient{
		"no tracking":       as("a", "allchannels", "+@all", "-client|tracking"),
		"no id":             as("b", "allchannels", "+@all", "-client|id"),
		"no channel":        as("c", "resetchannels", "+@all"),
		"no subscribe":      as("d", "allchannels", "+@all", "-subscribe"),
		"no ping":           as("e", "allchannels", "+@all", "-ping"),
		"an auto-pipeliner": auto,
	} {
		e := begin(t, redisstore.New(client, nil))
		select {
		case err := <-e.ended:
			if !errors.Is(err, errors.ErrUnsupported) || strings.Contains(err.Error(), "SECRET") || !strings.HasPrefix(err.Error(), "redisstore: watch: ") {
				t.Errorf("%s: %v", name, err)
			}
			t.Logf("%s: %v", name, err)
		case <-time.After(patience):
			t.Errorf("%s: it does not say so", name)
		}
	}
	least := as("least", "&__redis__:invalidate", "+ping", "+subscribe", "+client|id", "+client|tracking")
	e := watching(t, redisstore.New(least, nil))
	set(t, admin, "sf_sone", "value")
	e.expect("one")
}

// A session that any node of a cluster holds is heard of, and one of the server
// behind Sentinels, and of each shard of a Ring.
func TestWatchNodes(t *testing.T) {
	for _, kind := range kinds {
		if kind.name == "auto-pipeline" {
			continue
		}
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			client := kind.open(t)
			e := begin(t, redisstore.New(client, nil))
			for _, id := range ids(30) {
				e.eventually(client, id)
			}
		})
	}
}
