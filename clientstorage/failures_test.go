package clientstorage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func newWith(t *testing.T, d clientstorage.Driver, opts clientstorage.Options) *clientstorage.Storage {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	s, err := clientstorage.New(d, &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

// While the cache is down, clients come and go as ever, nobody waits for it
// after the first, and when it is back, the others see how it is now.
func TestCacheDownForMinutes(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		t.Run(fmt.Sprint("hangs ", hangs), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &link{Driver: new(clientstorage.MemoryDriver)}
				a, b := newShared(t, d), newShared(t, d)
				stays, goes := attach(t, a, "stays"), attach(t, a, "goes")
				settle()
				d.set(errDown, hangs)
				attach(t, a, "first") // may wait
				time.Sleep(time.Millisecond)
				began := time.Now()
				detach(t, a, goes)
				for range 100 {
					detach(t, a, attach(t, a, "visits"))
				}
				attach(t, a, "comes")
				if took := time.Since(began); took != 0 {
					t.Errorf("with the cache known to be down, 202 calls took %v; want no waiting", took)
				}
				time.Sleep(5 * time.Minute)
				if n := a.Local().Count().Clients; n != 3 {
					t.Errorf("the node has %d clients; want 3", n)
				}
				d.set(nil, false)
				settle()
				wantUsers(t, "All elsewhere", names(t, b.All(t.Context())), "comes", "first", "stays")
				wantUsers(t, "ByUser elsewhere", names(t, b.ByUser(t.Context(), "goes")))
				if _, err := b.Lookup(t.Context(), stays.ID); err != nil {
					t.Errorf("Lookup: %v", err)
				}
			})
		})
	}
}

// What has to be remembered while the cache is down is bounded by the clients
// that are there at once, and not by how many come and go.
func TestMemoryWhileCacheIsDown(t *testing.T) {
	d := &link{Driver: new(clientstorage.MemoryDriver), err: errDown}
	s := newShared(t, d)
	churn := func(n int) {
		var at []*clientstorage.Client
		for i := range n {
			at = append(at, attach(t, s, fmt.Sprint("user", i)))
			if len(at) == 100 {
				for _, c := range at {
					detach(t, s, c)
				}
				at = at[:0]
			}
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	churn(2_000)
	before := heap()
	churn(20_000)
	if after := heap(); after > before+512<<10 {
		t.Errorf("20,000 clients that came and went while the cache was down left %d KiB", (after-before)>>10)
	}
}

func TestFailClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &link{Driver: new(clientstorage.MemoryDriver)}
		a, b := newWith(t, d, clientstorage.Options{FailClosed: true}), newShared(t, d)
		var told diary
		a.Hook(told.hooks())
		alice := attach(t, a, "alice")
		told.expect(t, "attached alice")
		for _, hangs := range []bool{false, true} {
			d.set(errDown, hangs)
			want := errDown
			if hangs {
				want = context.DeadlineExceeded
			}
			if c, err := a.Attach(t.Context(), clientstorage.Client{User: "bob"}); !errors.Is(err, want) || c != nil {
				t.Errorf("Attach with the cache down (hangs: %v): %v, %v; want %v", hangs, c, err, want)
			}
			if a.Local().Online("bob") {
				t.Error("the client that was refused is attached")
			}
			if _, err := a.Update(t.Context(), alice.ID, func(c *clientstorage.Client) { c.Roles = nil }); !errors.Is(err, want) {
				t.Errorf("Update with the cache down (hangs: %v): %v; want %v", hangs, err, want)
			}
			d.set(nil, false)
			time.Sleep(time.Minute)
		}
		told.expect(t)
		d.set(errDown, false)
		if err := a.Detach(t.Context(), alice.ID, nil); err != nil {
			t.Errorf("Detach with the cache down: %v", err)
		}
		told.expect(t, "detached alice: <nil>")
		d.set(nil, false)
		attach(t, a, "carol") // as soon as the cache is back, not with the next heartbeat
		settle()
		wantUsers(t, "All elsewhere", names(t, b.All(t.Context())), "carol")
	})
}

func TestNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &link{Driver: new(clientstorage.MemoryDriver), hang: true}
		a, b := newWith(t, d, clientstorage.Options{NoWait: true}), newShared(t, d)
		began := time.Now()
		goes := attach(t, a, "goes")
		attach(t, a, "stays")
		detach(t, a, goes)
		if took := time.Since(began); took != 0 {
			t.Errorf("Attach and Detach took %v", took)
		}
		d.set(nil, false)
		settle()
		wantUsers(t, "All elsewhere", names(t, b.All(t.Context())), "stays")
	})
}

// A late writer says of some writes that they failed, and does them later.
type lateWriter struct {
	clientstorage.MemoryDriver
	mu   sync.Mutex
	late string // a part of the keys whose writes are late
	held []func()
}

func (d *lateWriter) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.late != "" && strings.Contains(key, d.late) {
		value = append([]byte{}, value...)
		d.held = append(d.held, func() { d.MemoryDriver.Save(context.Background(), key, value, ttl) })
		return errDown
	}
	return d.MemoryDriver.Save(ctx, key, value, ttl)
}

func (d *lateWriter) set(late string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.late = late
}

func (d *lateWriter) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, write := range d.held {
		write()
	}
	d.held = nil
}

// A write whose outcome is unknown may arrive after the next one, and even after
// its key was deleted. What it brings back is mended soon, not with the sweep.
func TestLateWrites(t *testing.T) {
	for _, kind := range []string{":p:", ":u:"} {
		for _, empty := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s empty %v", kind, empty), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var d lateWriter
					ctx := t.Context()
					a, b := newShared(t, &d), newShared(t, &d)
					if !empty {
						attach(t, a, "alice")
					}
					attach(t, a, "warms up")
					settle()
					d.set(kind)
					ghost := attach(t, a, "ghost") // its write fails, and is late
					d.set("")
					detach(t, a, ghost)
					if empty {
						for c := range a.Local().All() {
							detach(t, a, c)
						}
					}
					settle()
					settle()
					d.release()
					time.Sleep(5 * time.Second)
					if _, err := b.Lookup(ctx, ghost.ID); !errors.Is(err, clientstorage.ErrNotFound) {
						t.Errorf("Lookup of a client who has gone: %v; want ErrNotFound", err)
					}
					if p, err := b.Online(ctx, "ghost"); err != nil || len(p.Online) != 0 {
						t.Errorf("Online: %v, %v; want nobody", p.Online, err)
					}
					want := slicesOf(a)
					wantUsers(t, "All elsewhere", names(t, b.All(ctx)), want...)
				})
			})
		}
	}
}

func slicesOf(s *clientstorage.Storage) []string {
	var names []string
	for c := range s.Local().All() {
		names = append(names, c.User)
	}
	return names
}

// A value that the cache never takes must not keep the others from it, nor make
// the storage believe that the cache is down.
func TestCacheRefusesOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d lateWriter
		a, b := newShared(t, &d), newShared(t, &d)
		var clients []*clientstorage.Client
		for range 40 { // three pages
			clients = append(clients, attach(t, a, "alice"))
		}
		settle()
		d.set(":p:" + a.Node().String() + ":1") // the second page is refused from now on
		detach(t, a, clients[20])
		time.Sleep(time.Minute)
		began := time.Now()
		bob := attach(t, a, "bob") // on the page that is refused: the lowest slot
		carol, err := a.Attach(t.Context(), clientstorage.Client{User: "carol"})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("Attach took %v", took)
		}
		if _, err := b.Lookup(t.Context(), carol.ID); err != nil {
			t.Errorf("Lookup of a client on a page that is not refused: %v", err)
		}
		if _, err := b.Lookup(t.Context(), bob.ID); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Lookup of a client on the page that is refused: %v", err)
		}
		d.set("")
		settle()
		if _, err := b.Lookup(t.Context(), bob.ID); err != nil {
			t.Errorf("Lookup when the page is taken: %v", err)
		}
	})
}

// What an evicting cache drops is back after one sweep.
func TestEviction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &recorder{keys: map[string]bool{}}
		a, b := newShared(t, d), newShared(t, d)
		for i := range 100 {
			attach(t, a, fmt.Sprint("user", i))
		}
		settle()
		d.mu.Lock()
		keys := maps.Clone(d.keys)
		d.mu.Unlock()
		for key := range keys {
			if strings.Contains(key, ":p:") || strings.Contains(key, ":u:") {
				d.Delete(t.Context(), key)
			}
		}
		if n := len(names(t, b.All(t.Context()))); n != 0 {
			t.Fatalf("%d clients are still there", n)
		}
		time.Sleep(10*time.Minute + 10*time.Second)
		if n := len(names(t, b.All(t.Context()))); n != 100 {
			t.Errorf("All after a sweep: %d clients; want 100", n)
		}
		if n := len(collect(t, b.Users(t.Context()))); n != 100 {
			t.Errorf("Users after a sweep: %d; want 100", n)
		}
	})
}

// No node compares its clock with that of another: what one wrote is read the
// same by one whose clock is an hour ahead or behind.
func TestClocksAnHourApart(t *testing.T) {
	written := func(t *testing.T, wait time.Duration) (values map[string][]byte, alice clientstorage.ID) {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(wait)
			d := &recorder{keys: map[string]bool{}}
			a := newShared(t, d)
			alice = attach(t, a, "alice").ID
			settle()
			values = make(map[string][]byte)
			d.mu.Lock()
			keys := maps.Clone(d.keys)
			d.mu.Unlock()
			for key := range keys {
				values[key], _ = d.Fetch(t.Context(), key)
			}
		})
		return values, alice
	}
	for name, clocks := range map[string][2]time.Duration{
		"the reader is ahead":  {0, time.Hour},
		"the reader is behind": {time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			values, alice := written(t, clocks[0])
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(clocks[1])
				var d clientstorage.MemoryDriver
				for key, value := range values {
					if err := d.Save(t.Context(), key, value, 6*time.Second); err != nil {
						t.Fatal(err)
					}
				}
				b := newShared(t, &d)
				attach(t, b, "bob") // a node as well
				time.Sleep(time.Second)
				c, err := b.Lookup(t.Context(), alice)
				if err != nil || c.Age() > 6*time.Second {
					t.Errorf("Lookup: %+v, %v", c, err)
				}
				wantUsers(t, "All", names(t, b.All(t.Context())), "alice", "bob")
				if p, err := b.Online(t.Context(), "alice"); err != nil || !p.Online["alice"] || p.Age > 6*time.Second {
					t.Errorf("Online: %+v, %v", p, err)
				}
			})
		})
	}
}
