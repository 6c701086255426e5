package clientstorage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A diary writes down what hooks are told.
type diary struct {
	mu      sync.Mutex
	entries []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, fmt.Sprintf(format, args...))
}

func (d *diary) expect(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.entries, want) {
		t.Errorf("the hooks were told\n\t%s\nwant\n\t%s", strings.Join(d.entries, "\n\t"), strings.Join(want, "\n\t"))
	}
	d.entries = nil
}

func (d *diary) hooks() clientstorage.Hooks {
	return clientstorage.Hooks{
		Attached:   func(c *clientstorage.Client) { d.note("attached %s", c.User) },
		Detached:   func(c *clientstorage.Client, reason error) { d.note("detached %s: %v", c.User, reason) },
		NodeJoined: func(n clientstorage.Node) { d.note("joined %s", n.Name) },
		NodeLost:   func(n clientstorage.Node) { d.note("lost %s with %d", n.Name, n.Count.Clients) },
	}
}

func TestHooks(t *testing.T) {
	s := newLocal(t)
	var d diary
	before := attach(t, s, "before")
	s.Hook(d.hooks())
	s.Hook(clientstorage.Hooks{}) // one without any hook
	alice := attach(t, s, "alice")
	d.expect(t, "attached alice")
	left := errors.New("left the page")
	if err := s.Detach(t.Context(), alice.ID, left); err != nil {
		t.Fatal(err)
	}
	if err := s.Detach(t.Context(), alice.ID, left); !errors.Is(err, clientstorage.ErrNotFound) {
		t.Errorf("second Detach: %v", err)
	}
	detach(t, s, before)
	d.expect(t, "detached alice: left the page", "detached before: <nil>")
	if _, err := s.Attach(t.Context(), clientstorage.Client{}); err == nil {
		t.Error("a client without a user was attached")
	}
	d.expect(t)
}

// A hook may use the storage, even to detach the client it is told of; and what
// others are told stays in order.
func TestHookDetaches(t *testing.T) {
	s := newLocal(t)
	var d diary
	s.Hook(clientstorage.Hooks{Attached: func(c *clientstorage.Client) {
		if c.User == "banned" {
			s.Detach(context.Background(), c.ID, errors.New("no entry"))
		}
	}})
	s.Hook(d.hooks())
	c := attach(t, s, "banned")
	d.expect(t, "attached banned", "detached banned: no entry")
	if _, err := s.Lookup(t.Context(), c.ID); !errors.Is(err, clientstorage.ErrNotFound) {
		t.Errorf("Lookup: %v; want ErrNotFound", err)
	}
	if n := s.Local().Count().Clients; n != 0 {
		t.Errorf("%d clients are left", n)
	}
}

// Whatever the order of the calls, Attached comes before Detached, and each
// once.
func TestHooksOrder(t *testing.T) {
	s := newLocal(t)
	var mu sync.Mutex
	state := make(map[clientstorage.ID]int)
	step := func(id clientstorage.ID, from int) {
		mu.Lock()
		defer mu.Unlock()
		if state[id] != from {
			t.Errorf("a client is told to go from %d, but is at %d", from, state[id])
		}
		state[id]++
	}
	s.Hook(clientstorage.Hooks{
		Attached: func(c *clientstorage.Client) { step(c.ID, 0) },
		Detached: func(c *clientstorage.Client, _ error) { step(c.ID, 1) },
	})
	stop := make(chan struct{})
	var kicker, workers sync.WaitGroup
	kicker.Go(func() { // detaches whom it sees, often before Attach has returned
		for {
			select {
			case <-stop:
				return
			default:
				for c := range s.Local().All() {
					s.Detach(context.Background(), c.ID, nil)
				}
			}
		}
	})
	const each = 100
	for range 4 {
		workers.Go(func() {
			for range each {
				c, err := s.Attach(context.Background(), clientstorage.Client{User: "alice"})
				if err != nil {
					t.Error(err)
					return
				}
				s.Detach(context.Background(), c.ID, nil)
			}
		})
	}
	workers.Wait()
	close(stop)
	kicker.Wait()
	if len(state) != 4*each {
		t.Errorf("hooks were told of %d clients; want %d", len(state), 4*each)
	}
	for _, n := range state {
		if n != 2 {
			t.Fatalf("a client was told of %d times; want 2", n)
		}
	}
}

// A hook that panics hurts neither the storage nor the other hooks.
func TestHookPanics(t *testing.T) {
	var log strings.Builder
	s, err := clientstorage.New(nil, &clientstorage.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	var d diary
	s.Hook(clientstorage.Hooks{
		Attached: func(*clientstorage.Client) { panic("oops") },
		Detached: func(*clientstorage.Client, error) { panic("oops") },
	})
	s.Hook(d.hooks())
	c := attach(t, s, "alice")
	detach(t, s, c)
	d.expect(t, "attached alice", "detached alice: <nil>")
	if n := strings.Count(log.String(), "a hook panicked"); n != 2 {
		t.Errorf("%d panics in the log; want 2:\n%s", n, log.String())
	}
}

// The loss of a node is one event, however many clients it had, and nothing but
// the loss is one.
func TestNodeHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cache clientstorage.MemoryDriver
		lines := &link{Driver: &cache}
		cut := &link{Driver: lines}
		named := func(d clientstorage.Driver, name string) *clientstorage.Storage {
			s, err := clientstorage.New(d, &clientstorage.Options{Name: name, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close(context.Background()) })
			return s
		}
		a, b, c, watcher := named(cut, "web"), named(lines, "web"), named(lines, "chat"), named(lines, "cron")
		for range 50 {
			attach(t, a, "alice")
		}
		attach(t, b, "bob")
		settle()
		var d diary
		watcher.Hook(d.hooks())
		watcher.Hook(clientstorage.Hooks{NodeLost: func(clientstorage.Node) { panic("oops") }})
		time.Sleep(time.Millisecond)
		d.expect(t, "joined web", "joined web") // two nodes of one name are two
		attach(t, c, "carol")
		settle()
		d.expect(t, "joined chat")

		lines.set(errDown, false) // the watcher cannot see anybody
		time.Sleep(time.Minute)
		lines.set(nil, false)
		settle()
		settle()
		d.expect(t)

		lines.replace(new(clientstorage.MemoryDriver)) // wiped
		time.Sleep(10 * time.Second)
		d.expect(t)

		cut.set(errDown, false) // the first node is as good as killed
		time.Sleep(14 * time.Second)
		d.expect(t, "lost web with 50")
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(7 * time.Second)
		d.expect(t, "lost web with 1")
		cut.set(nil, false) // it was not, and is back
		time.Sleep(5 * time.Second)
		d.expect(t, "joined web")
	})
}
