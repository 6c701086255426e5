package redisstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

const big = 256 << 10

func TestNil(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New(nil) returned")
		}
	}()
	redisstore.New(nil, nil)
}

// Each session has its own outcome, with every kind of client, alone and among
// others.
func TestFetch(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			client := kind.open(t)
			store := redisstore.New(client, nil)
			set(t, client, "sf_sone", "value")
			set(t, client, "sf_sempty", "")
			set(t, client, "sf_sfull", strings.Repeat("x", 1000))
			set(t, client, "sf_slong", strings.Repeat("x", 1001))
			set(t, client, "sf_snumber", "12345")
			set(t, client, "sf_sbinary", "\x00\xff\r\n$5\r\n")
			set(t, client, "other", "value")
			if err := client.HSet(t.Context(), "sf_shash", "a", "b").Err(); err != nil {
				t.Fatal(err)
			}
			ask := []string{"one", "none", "empty", "full", "long", "number", "hash", "binary", "one", "other"}
			want := []any{"value", session.ErrNotFound, session.ErrNotFound, strings.Repeat("x", 1000), session.ErrUnreadable,
				"12345", session.ErrUnreadable, "\x00\xff\r\n$5\r\n", "value", session.ErrNotFound}
			expect(t, store.Fetch(t.Context(), ask, 1000), want)
			for i := range ask {
				expect(t, store.Fetch(t.Context(), ask[i:i+1], 1000), want[i:i+1])
			}
			if got := store.Fetch(t.Context(), nil, 1000); len(got) != 0 {
				t.Errorf("%d records of none", len(got))
			}
		})
	}
}

// expect compares records with what they should be: bytes, or an error.
func expect(t *testing.T, records []session.Record, want []any) {
	t.Helper()
	if len(records) != len(want) {
		t.Fatalf("%d records, want %d", len(records), len(want))
	}
	for i, r := range records {
		switch want := want[i].(type) {
		case string:
			if r.Err != nil || string(r.Data) != want {
				t.Errorf("record %d: %.20q, %v; want %.20q", i, r.Data, r.Err, want)
			}
		case error:
			if !errors.Is(r.Err, want) || r.Data != nil {
				t.Errorf("record %d: %.20q, %v; want %v", i, r.Data, r.Err, want)
			}
		}
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	set(t, client, "PHPREDIS_SESSION:abc", "native")
	set(t, client, "sf_sabc", "symfony")
	for prefix, want := range map[string]string{"": "symfony", "PHPREDIS_SESSION:": "native"} {
		store := redisstore.New(client, &redisstore.Options{Prefix: prefix})
		expect(t, store.Fetch(t.Context(), []string{"abc"}, big), []any{want})
	}
}

// Never more than one byte too much of a giant value leaves the server.
func TestGiant(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	set(t, client, "sf_sgiant", strings.Repeat("x", 32<<20))
	before := sent(t, client)
	store := redisstore.New(client, nil)
	for _, atMost := range []int{100, 0, -1} {
		expect(t, store.Fetch(t.Context(), []string{"giant", "giant"}, atMost), []any{session.ErrUnreadable, session.ErrUnreadable})
	}
	if n := sent(t, client) - before; n > 64<<10 {
		t.Errorf("the server sent %d bytes", n)
	}
}

func sent(t *testing.T, client *redis.Client) (n int) {
	t.Helper()
	for line := range strings.Lines(client.Info(t.Context(), "stats").Val()) {
		if _, err := fmt.Sscanf(line, "total_net_output_bytes:%d", &n); err == nil {
			return n
		}
	}
	t.Fatal("no total_net_output_bytes")
	return 0
}

// 512 sessions are a round trip, and one is one without a pipeline.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	all := ids(1200)
	pipe := client.Pipeline()
	for _, id := range all {
		pipe.Set(t.Context(), "sf_s"+id, "value of "+id, time.Hour)
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	var hook trips
	client.AddHook(&hook)
	for n, want := range map[int]int64{0: 0, 1: 0, 2: 1, 512: 1, 513: 1, 1024: 2, 1200: 3} {
		hook.many.Store(0)
		hook.one.Store(0)
		for i, r := range redisstore.New(client, nil).Fetch(t.Context(), all[:n], big) {
			if r.Err != nil || string(r.Data) != "value of "+all[i] {
				t.Fatalf("record %d of %d: %q, %v", i, n, r.Data, r.Err)
			}
		}
		wantOne := int64(0)
		if n%512 == 1 {
			wantOne = 1
		}
		if hook.many.Load() != want || hook.one.Load() != wantOne {
			t.Errorf("%d sessions: %d round trips and %d for one; want %d and %d", n, hook.many.Load(), hook.one.Load(), want, wantOne)
		}
	}
}

// The store reads: neither the value nor the time to live changes, and the
// server carries out nothing else than GETRANGE.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	ctx := t.Context()
	set(t, client, "sf_sabc", "value")
	client.ConfigResetStat(ctx)
	before := client.ExpireTime(ctx, "sf_sabc").Val()
	redisstore.New(client, nil).Fetch(ctx, []string{"abc", "none"}, big)
	redisstore.New(client, nil).Fetch(ctx, []string{"abc"}, big)
	if after := client.ExpireTime(ctx, "sf_sabc").Val(); after != before || before <= 0 {
		t.Errorf("it expires at %v, before at %v", after, before)
	}
	if n := client.DBSize(ctx).Val(); n != 1 {
		t.Errorf("%d keys in the database", n)
	}
	for line := range strings.Lines(client.Info(ctx, "commandstats").Val()) {
		name, _, ok := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":")
		switch name {
		case "getrange", "expiretime", "dbsize", "info", "config|resetstat":
		case "hello", "client|setinfo", "client|maint_notifications": // of a new connection
		default:
			if ok {
				t.Errorf("the server carried out %s", name)
			}
		}
	}
}

// The server answers for the next sessions although it cannot give any of those
// before.
func TestUnreadableTrip(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	set(t, client, "sf_sone", "value")
	if err := client.HSet(t.Context(), "sf_shash", "a", "b").Err(); err != nil {
		t.Fatal(err)
	}
	ask := append(slices.Repeat([]string{"hash"}, 512), "one")
	want := append(slices.Repeat([]any{session.ErrUnreadable}, 512), "value")
	expect(t, redisstore.New(client, nil).Fetch(t.Context(), ask, big), want)
}

// A record's bytes are the caller's.
func TestOwnBytes(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	set(t, client, "sf_sabc", "value")
	store := redisstore.New(client, nil)
	records := store.Fetch(t.Context(), []string{"abc", "abc"}, big)
	records[0].Data[0] = 'X'
	if !bytes.Equal(records[1].Data, []byte("value")) {
		t.Errorf("%q", records[1].Data)
	}
}

// Close leaves a client alone that is the caller's.
func TestClose(t *testing.T) {
	t.Parallel()
	client := plain(t, testserver.Redis(t))
	if err := redisstore.New(client, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestAllocations(t *testing.T) {
	client := plain(t, testserver.Redis(t))
	all := ids(512)
	for _, id := range all {
		set(t, client, "sf_s"+id, strings.Repeat("x", 1000))
	}
	store := redisstore.New(client, nil)
	for n, atMost := range map[int]float64{1: 18, 512: 512*7 + 60} {
		got := testing.AllocsPerRun(100, func() { store.Fetch(t.Context(), all[:n], big) })
		if got > atMost {
			t.Errorf("%d sessions: %.0f allocations, want at most %.0f", n, got, atMost)
		}
		t.Logf("%d sessions: %.0f allocations", n, got)
	}
}
