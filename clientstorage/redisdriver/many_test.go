package redisdriver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// items returns n items whose keys and values all differ.
func items(prefix string, n int) []clientstorage.Item {
	list := make([]clientstorage.Item, n)
	for i := range list {
		list[i] = clientstorage.Item{
			Key:   fmt.Sprintf("%s:%d", prefix, i),
			Value: fmt.Appendf(nil, "value %d of %s", i, prefix),
			TTL:   time.Minute,
		}
	}
	return list
}

func keysOf(list []clientstorage.Item) []string {
	keys := make([]string, len(list))
	for i, item := range list {
		keys[i] = item.Key
	}
	return keys
}

// expect fetches keys and compares; "-" stands for a miss.
func expect(t *testing.T, d *redisdriver.Driver, keys []string, want ...string) {
	t.Helper()
	got, err := d.FetchMany(t.Context(), keys)
	if err != nil || len(got) != len(want) {
		t.Fatalf("FetchMany: %d values, %v; want %d", len(got), err, len(want))
	}
	for i := range want {
		if (got[i] == nil) != (want[i] == "-") || got[i] != nil && string(got[i]) != want[i] {
			t.Errorf("value %d of %d is %.40q (nil: %t); want %.40q", i, len(want), got[i], got[i] == nil, want[i])
		}
	}
}

func many(t *testing.T, client redis.UniversalClient) {
	ctx := t.Context()
	d := redisdriver.New(client)
	list := []clientstorage.Item{
		{Key: "a", Value: []byte("1"), TTL: time.Minute},
		{Key: "empty", Value: []byte{}, TTL: time.Minute},
		{Key: "nil", TTL: time.Minute},
		{Key: "\x00\xff\r\n key", Value: []byte("\xff\x00\r\n"), TTL: time.Minute},
		{Key: "{a}b", Value: []byte("tagged"), TTL: time.Minute},
		{Key: "{}c", Value: []byte("no tag"), TTL: time.Minute},
		{Key: "d}{", Value: []byte("no tag either"), TTL: time.Minute},
	}
	if err := d.SaveMany(ctx, list); err != nil {
		t.Fatal(err)
	}
	expect(t, d, []string{"d}{", "a", "missing", "empty", "a", "nil", "\x00\xff\r\n key", "{}c", "missing", "{a}b", "a"},
		"no tag either", "1", "-", "", "1", "", "\xff\x00\r\n", "no tag", "-", "tagged", "1")

	if err := d.DeleteMany(ctx, []string{"{a}b", "missing", "a", "a", "nil"}); err != nil {
		t.Fatal(err)
	}
	expect(t, d, keysOf(list), "-", "", "-", "\xff\x00\r\n", "-", "no tag", "no tag either")
	expect(t, d, []string{"missing"}, "-")
}

func none(t *testing.T, client redis.UniversalClient) {
	d := redisdriver.New(client)
	ctx, cancel := context.WithCancel(t.Context())
	expect(t, d, nil)
	if err := errors.Join(d.SaveMany(ctx, nil), d.DeleteMany(ctx, nil)); err != nil {
		t.Error(err)
	}
	cancel()
	_, err := d.FetchMany(ctx, nil)
	for _, err := range []error{err, d.SaveMany(ctx, nil), d.DeleteMany(ctx, nil)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("with a cancelled context: %v", err)
		}
	}
}

// More than fits into one round trip, in keys and in bytes.
func moreThanARoundTrip(t *testing.T, client redis.UniversalClient) {
	ctx := t.Context()
	d := redisdriver.New(client)
	list := items("more", 10_000)
	for i := range 5 {
		list[i*7].Value = []byte(strings.Repeat(fmt.Sprint(i), 700_000))
	}
	list[9_000].Value = []byte(strings.Repeat("more than a mebibyte", 100_000))
	want := make([]string, len(list))
	for i, item := range list {
		want[i] = string(item.Value)
	}
	if err := d.SaveMany(ctx, list); err != nil {
		t.Fatal(err)
	}
	keys := keysOf(list)
	slices.Reverse(keys)
	slices.Reverse(want)
	expect(t, d, keys, want...)

	if err := d.DeleteMany(ctx, keys[:9_999]); err != nil {
		t.Fatal(err)
	}
	for i := range want[:9_999] {
		want[i] = "-"
	}
	expect(t, d, keys, want...)
}

// Nobody must be able to tell whether a value came alone or among many.
func ownBytes(t *testing.T, client redis.UniversalClient) {
	d := redisdriver.New(client)
	list := items("own", 3)
	if err := d.SaveMany(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	copy(list[0].Value, "####")
	keys := []string{list[0].Key, list[0].Key}
	got, err := d.FetchMany(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	copy(got[0], "YYYY")
	if string(got[1]) != "value 0 of own" {
		t.Errorf("two values of one key share their bytes: %q", got[1])
	}
	expect(t, d, keys, "value 0 of own", "value 0 of own")
}

// watch is a hook that calls seen with what goes out in each pipeline.
type watch struct{ seen func([]redis.Cmder) }

func (watch) DialHook(next redis.DialHook) redis.DialHook { return next }

func (watch) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (w watch) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		w.seen(cmds)
		return next(ctx, cmds)
	}
}

// A round trip is bounded in keys and in bytes, and no smaller than it must be.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	const mebibyte = 1 << 20
	client := plain(t, testserver.Redis(t))
	d := redisdriver.New(client)
	var trips []int
	client.AddHook(watch{func(cmds []redis.Cmder) {
		if cmds[0].Name() != "set" {
			return // go-redis introduces itself
		}
		trips = append(trips, len(cmds))
		size := 0
		for _, c := range cmds {
			size += len(c.Args()[1].(string)) + len(c.Args()[2].([]byte))
		}
		if size > mebibyte && len(cmds) > 1 {
			t.Errorf("a round trip of %d items and %d bytes", len(cmds), size)
		}
	}})
	list := items("trip", 1200)
	for i, size := range map[int]int{0: 3 * mebibyte, 1: mebibyte / 2, 2: mebibyte / 4, 3: mebibyte / 2, 1199: 2 * mebibyte} {
		list[i].Value = make([]byte, size)
	}
	if err := d.SaveMany(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if want := []int{1, 2, 512, 512, 172, 1}; !slices.Equal(trips, want) {
		t.Errorf("round trips of %v items, want %v", trips, want)
	}
}

func oneBadItem(t *testing.T, client redis.UniversalClient) {
	d := redisdriver.New(client)
	for _, ttl := range []time.Duration{0, -1, -time.Hour} {
		list := items("bad", 3)
		list[2].TTL = ttl
		if err := d.SaveMany(t.Context(), list); err == nil {
			t.Errorf("SaveMany with a ttl of %v succeeded", ttl)
		}
		expect(t, d, keysOf(list), "-", "-", "-")
	}
}

// One command of many that the server refuses is an error of all, even if it is
// not the first and the others miss their keys.
func oneFails(t *testing.T, client redis.UniversalClient) {
	d := redisdriver.New(client)
	list := items("KEY", 600)
	if err := client.LPush(t.Context(), list[599].Key, "x").Err(); err != nil {
		t.Fatal(err)
	}
	got, err := d.FetchMany(t.Context(), keysOf(list))
	if got != nil || !errors.Is(err, clientstorage.ErrCorrupt) {
		t.Errorf("FetchMany: %d values, %v; want ErrCorrupt", len(got), err)
	}
	client.AddHook(misspell{})
	expectFailures(t, t.Context(), d)
}

// A plain client of one node of a cluster can use the keys of that node. The
// node refuses commands with several of them.
func TestPlainClientOfACluster(t *testing.T) {
	t.Parallel()
	addrs := testserver.RedisCluster(t)
	client := plain(t, addrs[0])
	var own []clientstorage.Item // those that this node keeps
	for _, item := range items("some", 100) {
		if client.Set(t.Context(), item.Key, "", time.Second).Err() == nil {
			own = append(own, item)
		}
	}
	want := make([]string, len(own))
	for i, item := range own {
		want[i] = string(item.Value)
	}
	if len(own) < 10 {
		t.Fatalf("the node keeps %d of 100 keys", len(own))
	}
	for range 2 { // the second time, the driver knows
		d := redisdriver.New(client)
		if err := d.SaveMany(t.Context(), own); err != nil {
			t.Fatal(err)
		}
		expect(t, d, keysOf(own), want...)
		if err := d.DeleteMany(t.Context(), keysOf(own)); err != nil {
			t.Fatal(err)
		}
		if err := redisdriver.New(client).DeleteMany(t.Context(), keysOf(own)); err != nil {
			t.Fatal(err)
		}
		expect(t, d, keysOf(own), slices.Repeat([]string{"-"}, len(own))...)
	}
}
