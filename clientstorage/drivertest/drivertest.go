// Package drivertest checks that a [clientstorage.Driver] keeps its contract.
//
// An adapter's test is one call:
//
//	func TestConformance(t *testing.T) {
//		drivertest.Run(t, func(t *testing.T) clientstorage.Driver {
//			return mycache.New(...)
//		})
//	}
//
// The package uses the standard library only, so that importing it adds nothing
// to the tests of an adapter.
package drivertest

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// Run checks the drivers that open returns, as the zero [Suite] does.
func Run(t *testing.T, open func(t *testing.T) clientstorage.Driver) { Suite{}.Run(t, open) }

// RunInBubble is [Run] with a fake clock; see [Suite.RunInBubble].
func RunInBubble(t *testing.T, open func(t *testing.T) clientstorage.Driver) {
	Suite{}.RunInBubble(t, open)
}

// A Suite says what the drivers under test truly cannot do. The zero value
// expects everything.
type Suite struct {
	// MaxValue is the length of the longest value that is tried. It defaults to
	// 1 MiB.
	MaxValue int
}

// Run checks the drivers that open returns. It calls open once for each group of
// checks, within the subtest that t then is; the drivers may share one backend,
// because each group uses keys of its own.
//
// Run waits several seconds for values to expire. For a driver that lives in
// this process and sleeps on the time package alone, RunInBubble does not.
func (s Suite) Run(t *testing.T, open func(t *testing.T) clientstorage.Driver) {
	s.announce(t)
	for _, g := range s.groups() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			g.check(t, open(t))
		})
	}
}

// RunInBubble is Run with a fake clock (see [testing/synctest]), in which no
// time passes. Everything that the driver starts must have ended when the
// subtest that open was given ends: stop it with t.Cleanup.
func (s Suite) RunInBubble(t *testing.T, open func(t *testing.T) clientstorage.Driver) {
	s.announce(t)
	for _, g := range s.groups() {
		t.Run(g.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { g.check(t, open(t)) })
		})
	}
}

func (s Suite) announce(t *testing.T) {
	if s != (Suite{}) {
		t.Logf("drivertest: limited to %+v", s)
	}
}

type group struct {
	name  string
	check func(*testing.T, clientstorage.Driver)
}

func (s Suite) groups() []group {
	maxValue := s.MaxValue
	if maxValue == 0 {
		maxValue = 1 << 20
	}
	return []group{
		{"story", script(story)},
		{"values", script(values(maxValue))},
		{"keys", script(keys)},
		{"expiry", script(expiry)},
		{"aliasing", aliasing},
		{"cancelled", cancelled},
		{"concurrent", concurrent},
		{"contended", contended},
		{"many", many},
	}
}

// story is what a node does with one page.
var story = []step{
	fetchMissing("page"),
	remove("page"),
	save("page", "alice", time.Minute),
	fetch("page", "alice"),
	fetch("page", "alice"),
	save("page", "alice, bob", time.Minute),
	fetch("page", "alice, bob"),
	save("lease", "alive", time.Minute),
	remove("page"),
	fetchMissing("page"),
	fetch("lease", "alive"),
	remove("page"),
	save("page", "carol", time.Minute),
	fetch("page", "carol"),
	remove("page"),
	remove("lease"),
	fetchMissing("lease"),
}

func values(longest int) []step {
	long := strings.Repeat("0123456789abcdef", longest/16+1)[:longest]
	return []step{
		save("empty", "", time.Minute),
		fetch("empty", ""),
		save("byte", "\x00", time.Minute),
		fetch("byte", "\x00"),
		save("binary", "\xff\xfe\x00\r\n\"'%d\x80", time.Minute),
		fetch("binary", "\xff\xfe\x00\r\n\"'%d\x80"),
		save("long", long, time.Minute),
		fetch("long", long),
		save("long", "short again", time.Minute),
		fetch("long", "short again"),
		remove("empty"), remove("byte"), remove("binary"), remove("long"),
	}
}

var keys = []step{
	save("a", "1", time.Minute),
	save("a ", "2", time.Minute),
	save("a:b", "3", time.Minute),
	save("A", "4", time.Minute),
	save("a\r\nget a", "5", time.Minute),
	save("\x00\xff", "6", time.Minute),
	save("ž", "7", time.Minute),
	save(strings.Repeat("k", 1000), "8", time.Minute),
	save(strings.Repeat("k", 1001), "9", time.Minute),
	fetch("a", "1"),
	fetch("a ", "2"),
	fetch("a:b", "3"),
	fetch("A", "4"),
	fetch("a\r\nget a", "5"),
	fetch("\x00\xff", "6"),
	fetch("ž", "7"),
	fetch(strings.Repeat("k", 1000), "8"),
	fetch(strings.Repeat("k", 1001), "9"),
	remove("a "),
	fetch("a", "1"),
	fetchMissing("a "),
	remove("a"), remove("a:b"), remove("A"), remove("a\r\nget a"), remove("\x00\xff"), remove("ž"),
	remove(strings.Repeat("k", 1000)),
	fetch(strings.Repeat("k", 1001), "9"),
	remove(strings.Repeat("k", 1001)),
}

var expiry = []step{
	save("blink", "x", 500*time.Millisecond), // not at once, and not for ever
	fetch("blink", "x"),
	save("second", "x", time.Second),
	save("longer", "x", 30*time.Second),
	save("shortened", "x", 30*time.Second),
	save("shortened", "x", time.Second),
	save("lengthened", "x", time.Second),
	save("lengthened", "x", 30*time.Second),
	// Beyond thirty days, some caches take a time to live for a date.
	save("months", "x", 90*24*time.Hour),
	fetch("second", "x"),
	fetch("months", "x"),
	wait(2100 * time.Millisecond),
	fetchMissing("blink"),
	fetchMissing("second"),
	fetchMissing("shortened"),
	fetch("longer", "x"),
	fetch("lengthened", "x"),
	fetch("months", "x"),
	// A time to live of zero or less must not become "for ever".
	saveRefused("zero", 0),
	saveRefused("negative", -time.Second),
	fetchMissing("zero"),
	fetchMissing("negative"),
	remove("longer"), remove("lengthened"), remove("months"),
}

// aliasing checks that the driver and its caller share no bytes.
func aliasing(t *testing.T, d clientstorage.Driver) {
	ctx := t.Context()
	key := t.Name()
	value := []byte("mine")
	if err := d.Save(ctx, key, value, time.Minute); err != nil {
		t.Fatalf("Save: %v", err)
	}
	copy(value, "####")
	got, err := d.Fetch(ctx, key)
	if err != nil || string(got) != "mine" {
		t.Fatalf("after the caller changed what it had saved: %q, %v; want %q", got, err, "mine")
	}
	copy(got, "YYYY")
	got, err = d.Fetch(ctx, key)
	if err != nil || string(got) != "mine" {
		t.Fatalf("after the caller changed what it had fetched: %q, %v; want %q", got, err, "mine")
	}
	if err := d.Delete(ctx, key); err != nil {
		t.Fatalf("Delete: %v", err)
	}
}

// cancelled checks that a context that has ended is an error, and not a miss.
func cancelled(t *testing.T, d clientstorage.Driver) {
	key := t.Name()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Fetch(ctx, key); !isFailure(err) {
		t.Errorf("Fetch with a cancelled context: %v; want an error other than ErrNotFound", err)
	}
	if err := d.Save(ctx, key, []byte("x"), time.Minute); err == nil {
		t.Error("Save with a cancelled context succeeded")
	}
	if err := d.Delete(ctx, key); err == nil {
		t.Error("Delete with a cancelled context succeeded")
	}
}

// RunDown checks a driver whose backend was stopped: whatever is asked of it
// must fail, and must not look like a miss. A driver may try until the context
// ends, for which RunDown allows some seconds.
func RunDown(t *testing.T, d clientstorage.Driver) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	key := t.Name()
	if _, err := d.Fetch(ctx, key); !isFailure(err) {
		t.Errorf("Fetch: %v; want an error other than ErrNotFound", err)
	}
	if err := d.Save(ctx, key, []byte("x"), time.Minute); !isFailure(err) {
		t.Errorf("Save: %v; want an error", err)
	}
	if err := d.Delete(ctx, key); !isFailure(err) {
		t.Errorf("Delete: %v; want an error", err)
	}
	if _, err := clientstorage.FetchMany(ctx, d, []string{key, key + "2"}); !isFailure(err) {
		t.Errorf("FetchMany: %v; want an error other than ErrNotFound", err)
	}
}
