package driverstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/driverstore"
)

func TestMain(m *testing.M) {
	logging.Disable() // go-redis logs what it also returns
	leakcheck.Main(m)
}

func TestNil(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New(nil) returned")
		}
	}()
	driverstore.New(nil, nil)
}

// one hides all methods of a driver but Fetch, and counts its calls.
type one struct {
	driverstore.Driver
	calls atomic.Int64
	most  atomic.Int64 // at the same time
	now   atomic.Int64
}

func (o *one) Fetch(ctx context.Context, key string) ([]byte, error) {
	o.calls.Add(1)
	if n := o.now.Add(1); n > o.most.Load() {
		o.most.Store(n)
	}
	defer o.now.Add(-1)
	return o.Driver.Fetch(ctx, key)
}

// many counts calls of both kinds.
type many struct {
	clientstorage.Driver
	one, many int
}

func (m *many) Fetch(ctx context.Context, key string) ([]byte, error) {
	m.one++
	return m.Driver.Fetch(ctx, key)
}

func (m *many) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	m.many++
	return clientstorage.FetchMany(ctx, m.Driver, keys)
}

func memory(t *testing.T, values map[string]string) *clientstorage.MemoryDriver {
	t.Helper()
	var d clientstorage.MemoryDriver
	for key, value := range values {
		if err := d.Save(t.Context(), key, []byte(value), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	return &d
}

func expect(t *testing.T, records []session.Record, want ...any) {
	t.Helper()
	if len(records) != len(want) {
		t.Fatalf("%d records, want %d", len(records), len(want))
	}
	for i, r := range records {
		switch want := want[i].(type) {
		case string:
			if r.Err != nil || string(r.Data) != want {
				t.Errorf("record %d: %q, %v; want %q", i, r.Data, r.Err, want)
			}
		case error:
			if !errors.Is(r.Err, want) || r.Data != nil {
				t.Errorf("record %d: %q, %v; want %v", i, r.Data, r.Err, want)
			}
		}
	}
}

func TestFetch(t *testing.T) {
	d := memory(t, map[string]string{"s:a": "alice", "s:b": "bob", "s:empty": "", "s:long": "too long", "a": "other"})
	hidden, counted := &one{Driver: d}, &many{Driver: d}
	for name, driver := range map[string]driverstore.Driver{"all": d, "one": hidden, "many": counted} {
		store := driverstore.New(driver, &driverstore.Options{Prefix: "s:"})
		expect(t, store.Fetch(t.Context(), []string{"b", "none", "a", "empty", "long", "b"}, 5),
			"bob", session.ErrNotFound, "alice", session.ErrNotFound, session.ErrUnreadable, "bob")
		expect(t, store.Fetch(t.Context(), []string{"a"}, 5), "alice")
		expect(t, store.Fetch(t.Context(), []string{"long"}, 5), session.ErrUnreadable)
		expect(t, store.Fetch(t.Context(), nil, 5))
		if err := store.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if counted.many != 1 || counted.one != 2 {
		t.Errorf("%d and %d calls for many and for one session, want 1 and 2", counted.many, counted.one)
	}
	if n := hidden.calls.Load(); n != 8 {
		t.Errorf("%d calls for 8 sessions", n)
	}
	expect(t, driverstore.New(d, nil).Fetch(t.Context(), []string{"a", "s:a"}, 5), "other", "alice")
}

// Many sessions are fetched several at a time, and not all at once.
func TestAtOnce(t *testing.T) {
	values, ids, want := make(map[string]string), []string(nil), []any(nil)
	for i := range 500 {
		id := fmt.Sprint(i)
		values[id], ids, want = "session "+id, append(ids, id), append(want, "session "+id)
	}
	slow := &one{Driver: delay{memory(t, values)}}
	expect(t, driverstore.New(slow, nil).Fetch(t.Context(), ids, 100), want...)
	if n := slow.most.Load(); n > 16 || n < 2 {
		t.Errorf("%d at the same time", n)
	}
}

type delay struct{ driverstore.Driver }

func (d delay) Fetch(ctx context.Context, key string) ([]byte, error) {
	time.Sleep(time.Millisecond)
	return d.Driver.Fetch(ctx, key)
}

// broken fails for the keys that begin with its error's text.
type broken struct {
	clientstorage.Driver
	err   error
	short bool
}

func (b broken) Fetch(ctx context.Context, key string) ([]byte, error) {
	if strings.HasPrefix(key, "bad") {
		return []byte("x"), b.err
	}
	return b.Driver.Fetch(ctx, key)
}

func (b broken) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	if b.short {
		return make([][]byte, 1), nil
	}
	if slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, "bad") }) {
		return nil, b.err
	}
	return clientstorage.FetchMany(ctx, b.Driver, keys)
}

// A value that is corrupt concerns its session only; a driver that fails has said
// nothing about any.
func TestErrors(t *testing.T) {
	down := errors.New("the cache is down")
	corrupt := fmt.Errorf("somewhere: %w", clientstorage.ErrCorrupt)
	d := memory(t, map[string]string{"a": "alice"})
	ask := []string{"a", "bad", "none"}

	expect(t, driverstore.New(broken{Driver: d, err: corrupt}, nil).Fetch(t.Context(), ask, 9), "alice", session.ErrUnreadable, session.ErrNotFound)
	expect(t, driverstore.New(broken{Driver: d, err: down}, nil).Fetch(t.Context(), ask, 9), down, down, down)
	expect(t, driverstore.New(&one{Driver: broken{Driver: d, err: down}}, nil).Fetch(t.Context(), ask, 9), "alice", down, session.ErrNotFound)
	for _, r := range driverstore.New(broken{Driver: d, short: true}, nil).Fetch(t.Context(), ask, 9) {
		if r.Err == nil || errors.Is(r.Err, session.ErrNotFound) || r.Data != nil {
			t.Errorf("%q, %v", r.Data, r.Err)
		}
	}
	for _, r := range driverstore.New(broken{Driver: d, err: down}, nil).Fetch(t.Context(), ask[1:2], 9) {
		if !strings.HasPrefix(r.Err.Error(), "driverstore: ") || errors.Is(r.Err, session.ErrNotFound) {
			t.Error(r.Err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, driver := range []driverstore.Driver{d, &one{Driver: d}} {
		expect(t, driverstore.New(driver, nil).Fetch(ctx, ask, 9), context.Canceled, context.Canceled, context.Canceled)
	}
}

// Over real drivers of Redis, one of which fetches many, a key that holds a list
// is one session's misfortune.
func TestRedis(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: testserver.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	direct := redisdriver.New(client)
	for name, driver := range map[string]clientstorage.Driver{"redisdriver": direct, "prefix": decorator.Prefix(direct, "app:")} {
		store := driverstore.New(driver, &driverstore.Options{Prefix: "session:"})
		for _, id := range []string{"a", "b"} {
			if err := driver.Save(t.Context(), "session:"+id, []byte("of "+id), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		prefix := map[string]string{"prefix": "app:"}[name]
		if err := client.LPush(t.Context(), prefix+"session:list", "x").Err(); err != nil {
			t.Fatal(err)
		}
		expect(t, store.Fetch(t.Context(), []string{"a", "list", "none", "b"}, 99), "of a", session.ErrUnreadable, session.ErrNotFound, "of b")
		records := store.Fetch(t.Context(), []string{"a", "a"}, 99)
		records[0].Data[0] = 'X'
		if !bytes.Equal(records[1].Data, []byte("of a")) {
			t.Errorf("%s: two records share their bytes", name)
		}
	}
}

// A driver that panics for one of many must not end the process.
func TestDriverPanics(t *testing.T) {
	store := driverstore.New(panicking{}, nil)
	for _, record := range store.Fetch(t.Context(), []string{"a", "b", "c"}, 100) {
		if record.Err == nil || errors.Is(record.Err, session.ErrNotFound) || errors.Is(record.Err, session.ErrUnreadable) {
			t.Errorf("%+v", record)
		}
	}
}

type panicking struct{}

func (panicking) Fetch(context.Context, string) ([]byte, error) { panic("no cache") }
