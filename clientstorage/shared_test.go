package clientstorage_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A link is the way to a cache, which can be cut, hang, or lead to another one.
type link struct {
	clientstorage.Driver
	mu   sync.Mutex
	err  error
	hang bool
}

var errDown = errors.New("the cache is down")

func (l *link) set(err error, hang bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err, l.hang = err, hang
}

func (l *link) replace(d clientstorage.Driver) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Driver = d
}

func (l *link) open(ctx context.Context) (clientstorage.Driver, error) {
	l.mu.Lock()
	d, err, hang := l.Driver, l.err, l.hang
	l.mu.Unlock()
	if hang {
		<-ctx.Done()
		err = ctx.Err()
	}
	return d, err
}

func (l *link) Fetch(ctx context.Context, key string) ([]byte, error) {
	d, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	return d.Fetch(ctx, key)
}

func (l *link) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	d, err := l.open(ctx)
	if err != nil {
		return err
	}
	return d.Save(ctx, key, value, ttl)
}

func (l *link) Delete(ctx context.Context, key string) error {
	d, err := l.open(ctx)
	if err != nil {
		return err
	}
	return d.Delete(ctx, key)
}

// A recorder knows which keys there are.
type recorder struct {
	clientstorage.MemoryDriver
	mu   sync.Mutex
	keys map[string]bool
}

func (r *recorder) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	r.mu.Lock()
	r.keys[key] = true
	r.mu.Unlock()
	return r.MemoryDriver.Save(ctx, key, value, ttl)
}

func (r *recorder) Delete(ctx context.Context, key string) error {
	r.mu.Lock()
	delete(r.keys, key)
	r.mu.Unlock()
	return r.MemoryDriver.Delete(ctx, key)
}

func newShared(t *testing.T, d clientstorage.Driver) *clientstorage.Storage {
	t.Helper()
	s, err := clientstorage.New(d, &clientstorage.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

// settle waits for a heartbeat of every node, in a bubble's time.
func settle() { time.Sleep(3 * time.Second) }

func names(t *testing.T, clients iter.Seq2[*clientstorage.Client, error]) []string {
	t.Helper()
	var names []string
	for c, err := range clients {
		if err != nil {
			t.Errorf("while listing: %v", err)
			continue
		}
		names = append(names, c.User)
	}
	slices.Sort(names)
	return names
}

func TestTwoNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d clientstorage.MemoryDriver
		ctx := t.Context()
		a, b := newShared(t, &d), newShared(t, &d)
		settle()
		alice := attach(t, a, "alice", "ROLE_ADMIN")
		bob := attach(t, b, "bob", "ROLE_USER")
		alice2 := attach(t, b, "alice", "ROLE_ADMIN")
		anon := attach(t, b, "anon-54e3352d535d2")

		got, err := b.Lookup(ctx, alice.ID)
		if err != nil || got.ID != alice.ID || got.User != "alice" || !slices.Equal(got.Roles, alice.Roles) ||
			got.Since.UnixMilli() != alice.Since.UnixMilli() {
			t.Errorf("Lookup on the other node: %+v, %v; want %+v", got, err, alice)
		}
		wantUsers(t, "All", names(t, a.All(ctx)), "alice", "alice", "anon-54e3352d535d2", "bob")
		wantUsers(t, "ByUser", names(t, a.ByUser(ctx, "alice")), "alice", "alice")
		wantUsers(t, "ByRole", names(t, a.ByRole(ctx, "ROLE_USER")), "bob")
		wantUsers(t, "own", users(a.Local().All()), "alice")

		settle() // the counts are as old as a heartbeat
		count, err := a.Count(ctx)
		count.Age = 0
		if want := (clientstorage.Count{Clients: 4, Users: 4, Anonymous: 1}); err != nil || count != want {
			t.Errorf("Count: %+v, %v; want %+v", count, err, want)
		}

		detach(t, a, alice)
		if _, err := b.Lookup(ctx, alice.ID); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Lookup after Detach on the other node: %v; want ErrNotFound", err)
		}
		if err := a.Detach(ctx, bob.ID, nil); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Detach of another node's client: %v; want ErrNotFound", err)
		}
		detach(t, b, alice2)
		detach(t, b, anon)
		wantUsers(t, "All", names(t, a.All(ctx)), "bob")
	})
}

func TestManyPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d clientstorage.MemoryDriver
		ctx := t.Context()
		a, b := newShared(t, &d), newShared(t, &d)
		settle()
		var clients []*clientstorage.Client
		for range 1000 {
			clients = append(clients, attach(t, a, "alice"))
			if got := len(names(t, b.All(ctx))); len(clients)%97 == 0 && got != len(clients) {
				t.Fatalf("the other node sees %d clients; want %d", got, len(clients))
			}
		}
		for _, c := range clients[:990] {
			detach(t, a, c)
		}
		if got := len(names(t, b.All(ctx))); got != 10 {
			t.Errorf("the other node sees %d clients; want 10", got)
		}
	})
}

// A node that is killed, or cut off, is gone after its lease, with all of its
// clients, and is back after it can reach the cache again.
func TestNodeCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cache clientstorage.MemoryDriver
		cut := &link{Driver: &cache}
		ctx := t.Context()
		a, b := newShared(t, &cache), newShared(t, cut)
		settle()
		bob := attach(t, b, "bob")
		if _, err := a.Lookup(ctx, bob.ID); err != nil {
			t.Fatalf("Lookup before: %v", err)
		}
		cut.set(errDown, false)
		time.Sleep(7 * time.Second)
		if _, err := a.Lookup(ctx, bob.ID); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Lookup after the lease: %v; want ErrNotFound", err)
		}
		wantUsers(t, "All", names(t, a.All(ctx)))

		// What happens meanwhile is not lost, and the own clients stay known.
		carol := attach(t, b, "carol")
		wantUsers(t, "own clients of the node that is cut off", users(b.Local().All()), "bob", "carol")
		detach(t, b, bob)
		cut.set(nil, false)
		settle()
		if _, err := a.Lookup(ctx, carol.ID); err != nil {
			t.Errorf("Lookup of a client that was attached while the cache was down: %v", err)
		}
		wantUsers(t, "All", names(t, a.All(ctx)), "carol")
	})
}

// A cache that loses everything is filled again within a heartbeat.
func TestCacheWiped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &link{Driver: new(clientstorage.MemoryDriver)}
		ctx := t.Context()
		a, b := newShared(t, first), newShared(t, first)
		settle()
		alice := attach(t, a, "alice")
		time.Sleep(11 * time.Second) // between two heartbeats
		first.replace(new(clientstorage.MemoryDriver))
		time.Sleep(5 * time.Second)
		if _, err := b.Lookup(ctx, alice.ID); err != nil {
			t.Errorf("Lookup after the cache was wiped: %v", err)
		}
		wantUsers(t, "All", names(t, b.All(ctx)), "alice")
	})
}

// The node notices that the cache was wiped also if it grows before its next
// heartbeat, and until all is written again it is not seen in part.
func TestCacheWipedAndGrowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &link{Driver: new(clientstorage.MemoryDriver)}
		ctx := t.Context()
		a, b := newShared(t, d), newShared(t, d)
		settle()
		for range 16 { // one page
			attach(t, a, "alice")
		}
		time.Sleep(11 * time.Second) // between two heartbeats
		nodes, err := d.Fetch(ctx, "rollcall:nodes")
		if err != nil {
			t.Fatal(err)
		}
		d.replace(new(clientstorage.MemoryDriver))
		// The list of nodes is back first, so that others look for pages at once.
		if err := d.Save(ctx, "rollcall:nodes", nodes, time.Minute); err != nil {
			t.Fatal(err)
		}
		attach(t, a, "bob") // on the next page
		if n := len(names(t, b.All(ctx))); n != 17 {
			t.Errorf("right after the wipe, the list has %d of 17 clients and no error", n)
		}
		settle()
		if n := len(names(t, b.All(ctx))); n != 17 {
			t.Errorf("a heartbeat after the wipe, the list has %d of 17 clients", n)
		}
	})
}

// A lease that was computed before a client came must not hide its page.
func TestLeaseShrinksMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cache clientstorage.MemoryDriver
		slow := &slowLease{MemoryDriver: &cache}
		ctx := t.Context()
		a, b := newShared(t, slow), newShared(t, &cache)
		settle()
		for range 16 {
			attach(t, a, "alice")
		}
		last := attach(t, a, "bob") // on the second page
		detach(t, a, last)
		slow.hold(true)
		time.Sleep(1500 * time.Millisecond) // a heartbeat saves a lease for one page, slowly
		go func() {
			time.Sleep(time.Millisecond)
			slow.hold(false)
		}()
		attach(t, a, "bob")
		time.Sleep(10 * time.Millisecond) // by now that lease is there
		if n := len(names(t, b.All(ctx))); n != 17 {
			t.Errorf("the list has %d of 17 clients and no error", n)
		}
	})
}

// A slowLease holds back leases on their way to the cache.
type slowLease struct {
	*clientstorage.MemoryDriver
	mu   sync.Mutex
	gate chan struct{}
}

func (d *slowLease) hold(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if on {
		d.gate = make(chan struct{})
	} else {
		close(d.gate)
		d.gate = nil
	}
}

func (d *slowLease) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	d.mu.Lock()
	gate := d.gate
	d.mu.Unlock()
	if gate != nil && strings.Contains(key, ":l:") {
		select {
		case <-gate:
		case <-ctx.Done():
		}
	}
	return d.MemoryDriver.Save(context.WithoutCancel(ctx), key, value, ttl)
}

// A cache that hangs delays Attach and Detach by the timeout and no longer.
func TestCacheHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &link{Driver: new(clientstorage.MemoryDriver)}
		s := newShared(t, d)
		settle()
		d.set(nil, true)
		start := time.Now()
		c := attach(t, s, "alice")
		detach(t, s, c)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("Attach and Detach took %v with the default timeout of one second each", took)
		}
		d.set(nil, false)
	})
}

// What cannot be read is an error that names the node, and no shorter list.
func TestPartialAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cache clientstorage.MemoryDriver
		ctx := t.Context()
		cut := &link{Driver: &cache}
		a, b := newShared(t, cut), newShared(t, &cache)
		settle()
		attach(t, a, "alice")
		bob := attach(t, b, "bob")
		key := "rollcall:p:" + b.Node().String() + ":0"
		if err := cache.Save(ctx, key, []byte("garbage"), time.Minute); err != nil {
			t.Fatal(err)
		}
		var seen []string
		var errs []error
		for c, err := range a.All(ctx) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			seen = append(seen, c.User)
		}
		if len(errs) != 1 || !errors.Is(errs[0], clientstorage.ErrCorrupt) || !strings.Contains(errs[0].Error(), b.Node().String()) {
			t.Errorf("errors %v; want one ErrCorrupt that names node %v", errs, b.Node())
		}
		wantUsers(t, "the partial list", seen, "alice")
		if _, err := a.Lookup(ctx, bob.ID); !errors.Is(err, clientstorage.ErrCorrupt) {
			t.Errorf("Lookup on a corrupt page: %v; want ErrCorrupt", err)
		}

		cut.set(errDown, false)
		if _, err := a.Lookup(ctx, bob.ID); !errors.Is(err, errDown) {
			t.Errorf("Lookup with the cache down: %v; want its error", err)
		}
		if _, err := a.Count(ctx); !errors.Is(err, errDown) {
			t.Errorf("Count with the cache down: %v; want its error", err)
		}
		cut.set(nil, false)
	})
}

// Close leaves nothing of its own behind, and everything of the others.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &recorder{keys: map[string]bool{}}
		ctx := t.Context()
		a, b := newShared(t, d), newShared(t, d)
		settle()
		for range 50 {
			attach(t, a, "alice")
		}
		bob := attach(t, b, "bob")
		if err := a.Close(ctx); err != nil {
			t.Fatalf("Close: %v", err)
		}
		for key := range d.keys {
			if strings.Contains(key, a.Node().String()) {
				t.Errorf("Close left %s behind", key)
			}
		}
		wantUsers(t, "All of the other node", names(t, b.All(ctx)), "bob")
		if _, err := a.Lookup(ctx, bob.ID); err != nil {
			t.Errorf("Lookup by a closed storage: %v", err)
		}
		attach(t, a, "carol") // known here only
		wantUsers(t, "All of the other node", names(t, b.All(ctx)), "bob")
		if err := a.Close(ctx); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if err := b.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		if len(d.keys) != 0 {
			t.Errorf("when all are closed, the cache holds %v", d.keys)
		}
	})
}

// A Close that fails can be tried again, and does not wait beyond its context.
func TestCloseAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &link{Driver: new(clientstorage.MemoryDriver)}
		a := newShared(t, d)
		settle()
		attach(t, a, "alice")
		d.set(errDown, false)
		for range 2 {
			if err := a.Close(t.Context()); !errors.Is(err, errDown) {
				t.Errorf("Close with the cache down: %v; want its error", err)
			}
		}
		d.set(nil, false)
		if err := a.Close(t.Context()); err != nil {
			t.Errorf("Close when the cache is back: %v", err)
		}
		b := newShared(t, d)
		settle()
		wantUsers(t, "All after Close", names(t, b.All(t.Context())))
	})
}

// A Close that comes too late to ask the cache ends the heartbeat all the same;
// the bubble would not end otherwise.
func TestCloseTooLate(t *testing.T) {
	for range 20 { // a select of two ways that are open takes either
		synctest.Test(t, func(t *testing.T) {
			s, err := clientstorage.New(new(clientstorage.MemoryDriver), nil)
			if err != nil {
				t.Fatal(err)
			}
			attach(t, s, "alice")
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Close(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Close with a context that has ended: %v", err)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []clientstorage.Options{{Lease: time.Second}, {Lease: -1}, {Timeout: -1}} {
		if s, err := clientstorage.New(new(clientstorage.MemoryDriver), &o); err == nil {
			t.Errorf("New with %+v succeeded", o)
			s.Close(t.Context())
		}
	}
}

// Two prefixes in one cache are two worlds.
func TestPrefixes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d clientstorage.MemoryDriver
		ctx := t.Context()
		a := newShared(t, &d)
		other, err := clientstorage.New(&d, &clientstorage.Options{Prefix: "other:"})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close(ctx)
		alice := attach(t, a, "alice")
		wantUsers(t, "All under another prefix", names(t, other.All(ctx)))
		if _, err := other.Lookup(ctx, alice.ID); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Lookup under another prefix: %v; want ErrNotFound", err)
		}
	})
}
