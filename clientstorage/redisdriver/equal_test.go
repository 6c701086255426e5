package redisdriver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
)

// one hides the methods for many keys, so that clientstorage's functions use
// those for one.
type one struct{ clientstorage.Driver }

// Whatever is done to them, this driver, this driver one key at a time, and a
// driver in memory hold the same.
func equal(t *testing.T, client redis.UniversalClient) {
	var memory clientstorage.MemoryDriver
	d := redisdriver.New(client)
	drivers := []prefixed{{one{&memory}, ""}, {d, "many:"}, {one{d}, "one:"}}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for step := range 150 {
		do := randomStep(random)
		want, wantErr := do(t.Context(), drivers[0])
		for _, d := range drivers[1:] {
			got, err := do(t.Context(), d)
			if !same(got, want) || (err == nil) != (wantErr == nil) {
				t.Fatalf("step %d with seed %d, driver %q: %q, %v; want %q, %v", step, seed, d.prefix, got, err, want, wantErr)
			}
		}
	}
}

// same tells a value that is empty from one that is not there.
func same(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) || (a[i] == nil) != (b[i] == nil) {
			return false
		}
	}
	return true
}

type prefixed struct {
	clientstorage.Driver
	prefix string
}

func (p prefixed) keys(keys []string) []string {
	own := make([]string, len(keys))
	for i, key := range keys {
		own[i] = p.prefix + key
	}
	return own
}

// randomStep returns something to do with a driver that returns what the driver
// then holds.
func randomStep(random *rand.Rand) func(context.Context, prefixed) ([][]byte, error) {
	keys := make([]string, random.IntN(40))
	for i := range keys {
		keys[i] = randomKey(random)
	}
	list := randomItems(random)
	what := random.IntN(4)
	return func(ctx context.Context, p prefixed) (values [][]byte, err error) {
		switch what {
		case 0:
			own := make([]clientstorage.Item, len(list))
			for i, item := range list {
				own[i] = clientstorage.Item{Key: p.prefix + item.Key, Value: item.Value, TTL: item.TTL}
			}
			err = clientstorage.SaveMany(ctx, p.Driver, own)
		case 1:
			err = clientstorage.DeleteMany(ctx, p.Driver, p.keys(keys))
		case 2: // a context that has ended changes nothing
			ended, cancel := context.WithCancel(ctx)
			cancel()
			err = clientstorage.DeleteMany(ended, p.Driver, p.keys(keys))
		}
		values, fetchErr := clientstorage.FetchMany(ctx, p.Driver, p.keys(keys))
		return values, errors.Join(err, fetchErr)
	}
}

func randomKey(random *rand.Rand) string {
	tags := []string{"", "{x}", "{", "}", "{}", "\x00", "{{y}}"}
	return fmt.Sprint(tags[random.IntN(len(tags))], random.IntN(10))
}

// randomItems returns items with different keys.
func randomItems(random *rand.Rand) []clientstorage.Item {
	seen := make(map[string]bool)
	var list []clientstorage.Item
	for range random.IntN(40) {
		key := randomKey(random)
		if seen[key] {
			continue
		}
		seen[key] = true
		value := make([]byte, random.IntN(5)*random.IntN(100))
		for i := range value {
			value[i] = byte(random.Uint32())
		}
		list = append(list, clientstorage.Item{Key: key, Value: value, TTL: time.Hour})
	}
	return list
}
