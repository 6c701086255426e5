package redisdriver_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

func TestNil(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New(nil) returned")
		}
	}()
	redisdriver.New(nil)
}

// What is in the database is what any other reader of it would expect.
func TestStored(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	d := redisdriver.New(client)
	ctx := t.Context()
	for ttl, want := range map[time.Duration]time.Duration{
		time.Nanosecond:                        time.Second,
		999 * time.Millisecond:                 time.Second,
		1500*time.Millisecond + 7:              1500 * time.Millisecond,
		time.Hour:                              time.Hour,
		200 * 365 * 24 * time.Hour:             200 * 365 * 24 * time.Hour,
		time.Duration(1<<63 - 1).Truncate(1e9): time.Duration(1<<63 - 1).Truncate(1e9),
	} {
		one := d.Save(ctx, "one", []byte("value"), ttl)
		many := d.SaveMany(ctx, []clientstorage.Item{{Key: "many", Value: []byte("value"), TTL: ttl}})
		if err := errors.Join(one, many); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"one", "many"} {
			if got := client.Get(ctx, key).Val(); got != "value" {
				t.Errorf("%s: the server holds %q", key, got)
			}
			if got := client.PTTL(ctx, key).Val(); got > want || got < want-want/2 {
				t.Errorf("%s saved for %v: the server keeps it for %v, want %v", key, ttl, got, want)
			}
		}
	}
}

// A value of another type is neither a value nor a miss, however it is asked
// for, and can be replaced and deleted.
func foreignType(t *testing.T, client redis.UniversalClient) {
	ctx := t.Context()
	d := redisdriver.New(client)
	if err := client.LPush(ctx, "list", "secret").Err(); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(ctx, "ours", []byte("value"), time.Minute); err != nil {
		t.Fatal(err)
	}
	_, one := d.Fetch(ctx, "list")
	_, many := d.FetchMany(ctx, []string{"ours", "list", "missing"})
	for _, err := range []error{one, many} {
		if !errors.Is(err, clientstorage.ErrCorrupt) || errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("a list: %v; want ErrCorrupt", err)
		}
	}
	if err := d.SaveMany(ctx, []clientstorage.Item{{Key: "list", Value: []byte("x"), TTL: time.Minute}}); err != nil {
		t.Errorf("replacing it: %v", err)
	}
	if got, err := d.Fetch(ctx, "list"); string(got) != "x" || err != nil {
		t.Errorf("after it was replaced: %q, %v", got, err)
	}
	client.Del(ctx, "list")
	client.LPush(ctx, "list", "secret")
	if err := d.DeleteMany(ctx, []string{"list"}); err != nil {
		t.Errorf("deleting it: %v", err)
	}
}

// failures calls every method and returns the errors by its name.
func failures(ctx context.Context, d *redisdriver.Driver) map[string]error {
	_, fetch := d.Fetch(ctx, "KEY")
	_, fetchMany := d.FetchMany(ctx, []string{"KEY", "other"})
	items := []clientstorage.Item{{Key: "KEY", Value: []byte("VALUE"), TTL: time.Minute}, {Key: "other", TTL: time.Minute}}
	return map[string]error{
		"Fetch":      fetch,
		"Save":       d.Save(ctx, "KEY", []byte("VALUE"), time.Minute),
		"Delete":     d.Delete(ctx, "KEY"),
		"FetchMany":  fetchMany,
		"SaveMany":   d.SaveMany(ctx, items),
		"DeleteMany": d.DeleteMany(ctx, []string{"KEY", "other"}),
	}
}

// expectFailures expects that every method fails, that no error is a miss, and
// that none quotes a key or a value.
func expectFailures(t *testing.T, ctx context.Context, d *redisdriver.Driver) {
	t.Helper()
	for method, err := range failures(ctx, d) {
		if err == nil || errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("%s: %v; want an error that is no miss", method, err)
			continue
		}
		if strings.Contains(err.Error(), "KEY") || strings.Contains(err.Error(), "VALUE") {
			t.Errorf("%s: the error quotes the key or the value: %v", method, err)
		}
		if n := strings.Count(err.Error(), "redisdriver: "); n != 1 {
			t.Errorf("%s: wrapped %d times: %v", method, n, err)
		}
	}
}

// A server that is gone is a failure. When there is one again, the same driver
// goes on.
func TestRestart(t *testing.T) {
	t.Parallel()
	testserver.Lookup(t, "redis-server", "redis-server")
	first, stop, err := testserver.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	// The next server has another port, which the client must not see.
	var addr atomic.Value
	addr.Store(first)
	options := plain(t, first).Options()
	options.Dialer = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr.Load().(string))
	}
	d := redisdriver.New(closing(t, redis.NewClient(options)))
	ctx := t.Context()
	if err := d.Save(ctx, "KEY", []byte("VALUE"), time.Minute); err != nil {
		t.Fatal(err)
	}

	stop()
	expectFailures(t, ctx, d)

	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	addr.Store(testserver.Redis(t))
	// After several failures go-redis itself looks once a second for the server.
	for {
		_, err := d.Fetch(ctx, "KEY")
		if errors.Is(err, clientstorage.ErrNotFound) {
			break
		}
		if err == nil || ctx.Err() != nil {
			t.Fatalf("Fetch from the new server: %v; want ErrNotFound", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	for method, err := range failures(ctx, d) {
		if err != nil && !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("%s with the new server: %v", method, err)
		}
	}
}

func TestClusterDown(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // now nobody listens there
	expectFailures(t, t.Context(), redisdriver.New(cluster(t, []string{l.Addr().String()})))
}

// A server that does not know a command says so by quoting all of it.
func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	client.AddHook(misspell{})
	expectFailures(t, t.Context(), redisdriver.New(client))
}

// misspell is a hook that makes commands into ones that no server knows.
type misspell struct{}

func (misspell) DialHook(next redis.DialHook) redis.DialHook { return next }

func (misspell) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		cmd.Args()[0] = "NO" + cmd.Name()
		return next(ctx, cmd)
	}
}

func (misspell) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		cmds[len(cmds)-1].Args()[0] = "NOSUCHCOMMAND"
		cmds[0].Args()[0] = "NOSUCHCOMMAND"
		return next(ctx, cmds)
	}
}

// Every method ends with its context, even while the server says nothing.
func TestContext(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	options := plain(t, l.Addr().String()).Options()
	options.ReadTimeout = -1 // so that nothing but the context ends a call
	d := redisdriver.New(closing(t, redis.NewClient(options)))
	calls := map[string]func(context.Context) error{
		"Fetch":      func(ctx context.Context) error { _, err := d.Fetch(ctx, "k"); return err },
		"Save":       func(ctx context.Context) error { return d.Save(ctx, "k", nil, time.Minute) },
		"Delete":     func(ctx context.Context) error { return d.Delete(ctx, "k") },
		"FetchMany":  func(ctx context.Context) error { _, err := d.FetchMany(ctx, []string{"k"}); return err },
		"SaveMany":   func(ctx context.Context) error { return d.SaveMany(ctx, items("k", 1)) },
		"DeleteMany": func(ctx context.Context) error { return d.DeleteMany(ctx, []string{"k"}) },
	}
	for name, call := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := call(ctx)
		cancel()
		if err == nil || errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("%s: %v; want an error that is no miss", name, err)
		}
	}
}
