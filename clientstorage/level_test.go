package clientstorage_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// levels returns the levels of the lists that are in the cache.
func levels(d *recorder) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := make(map[string]bool)
	for key := range d.keys {
		if parts := strings.Split(key, ":"); parts[1] == "u" {
			found[parts[3]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// The number of lists follows the number of users, both ways, and whoever asks
// meanwhile misses nobody.
func TestLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &recorder{keys: map[string]bool{}}
		ctx := t.Context()
		a, reader := newShared(t, d), newShared(t, d)
		var clients []*clientstorage.Client
		grow := func(n int) {
			for i := len(clients); i < n; i++ {
				clients = append(clients, attach(t, a, fmt.Sprint("user", i)))
				if i%83 == 0 {
					checkOnline(t, reader, i)
				}
			}
		}
		grow(10)
		settle()
		want := func(when string, want ...string) {
			t.Helper()
			if got := levels(d); !slices.Equal(got, want) {
				t.Errorf("%s, the cache has lists of levels %q; want %q", when, got, want)
			}
		}
		want("at the beginning", "6")
		grow(64*32 + 1)
		time.Sleep(time.Second)
		want("when there are too many users", "6", "7")
		time.Sleep(20 * time.Second)
		want("some leases later", "7")
		grow(5_000)
		time.Sleep(40 * time.Second)
		want("with 5,000 users", "8")
		if n := len(collect(t, reader.Users(ctx))); n != 5_000 {
			t.Errorf("Users: %d; want 5,000", n)
		}
		for i, c := range clients[100:] {
			detach(t, a, c)
			if i%83 == 0 {
				checkOnline(t, reader, 99)
			}
		}
		clients = clients[:100]
		time.Sleep(time.Minute)
		want("when most are gone", "6")
		if n := len(collect(t, reader.Users(ctx))); n != 100 {
			t.Errorf("Users: %d; want 100", n)
		}
		grow(3000)
		time.Sleep(time.Minute)
		want("and up again", "7")
		if err := a.Close(ctx); err != nil || len(d.keys) != 0 {
			t.Errorf("after Close (%v), the cache has %d keys", err, len(d.keys))
		}
	})
}

// checkOnline asks for users who have long been there.
func checkOnline(t *testing.T, reader *clientstorage.Storage, last int) {
	t.Helper()
	for _, i := range []int{0, last / 2, last} {
		user := fmt.Sprint("user", i)
		if p, err := reader.Online(t.Context(), user); err != nil || !p.Online[user] {
			t.Fatalf("%s of %d is not online (%v)", user, last, err)
		}
		if n := len(collect(t, reader.ByUser(t.Context(), user))); n != 1 {
			t.Fatalf("%s of %d has %d clients", user, last, n)
		}
	}
}

// A storm of users while the level changes: whoever was there before stays
// visible throughout.
func TestLevelsInAStorm(t *testing.T) {
	d := &recorder{keys: map[string]bool{}}
	a, reader := newShared(t, d), newShared(t, d)
	attach(t, a, "old")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for w := range 4 {
			for i := range 800 {
				attach(t, a, fmt.Sprint("user", w, "-", i))
			}
		}
	}()
	for asked := 0; ; asked++ {
		select {
		case <-done:
			if asked == 0 {
				t.Error("the storm was over before anybody asked")
			}
			return
		default:
		}
		if p, err := reader.Online(t.Context(), "old"); err != nil || !p.Online["old"] {
			t.Fatalf("a user who was there before is not online (%v)", err)
		}
	}
}
