package clientstorage_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A counter counts the round trips to a cache that takes many keys in one.
type counter struct {
	clientstorage.MemoryDriver
	mu                   sync.Mutex
	reads, writes, trips int
}

func (c *counter) count(n *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
	c.trips++
}

func (c *counter) Fetch(ctx context.Context, key string) ([]byte, error) {
	c.count(&c.reads)
	return c.MemoryDriver.Fetch(ctx, key)
}

func (c *counter) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	c.count(&c.writes)
	return c.MemoryDriver.Save(ctx, key, value, ttl)
}

func (c *counter) Delete(ctx context.Context, key string) error {
	c.count(&c.writes)
	return c.MemoryDriver.Delete(ctx, key)
}

func (c *counter) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	c.count(&c.reads)
	return clientstorage.FetchMany(ctx, &c.MemoryDriver, keys)
}

// take returns how many round trips there were since it was last called.
func (c *counter) take() (trips int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	trips, c.reads, c.writes, c.trips = c.trips, 0, 0, 0
	return trips
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Errorf("while listing: %v", err)
			continue
		}
		all = append(all, v)
	}
	return all
}

func userNames(users []clientstorage.User) (names []string) {
	for _, u := range users {
		names = append(names, u.Name)
	}
	slices.Sort(names)
	return names
}

// Every question, over three nodes, from a storage that attaches nothing; and
// what it costs in round trips when the nodes are known.
func TestQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d counter
		ctx := t.Context()
		nodes := []*clientstorage.Storage{newShared(t, &d), newShared(t, &d), newShared(t, &d)}
		reader := newShared(t, &d)
		var alice *clientstorage.Client
		for i, s := range nodes {
			alice = attach(t, s, "alice", "ROLE_ADMIN")
			for j := range 40 {
				attach(t, s, fmt.Sprintf("user%d-%02d", i, j), "ROLE_USER")
			}
			attach(t, s, "alice", "ROLE_ADMIN")
		}
		attach(t, nodes[0], "anon-54e3352d535d2")
		settle()
		time.Sleep(time.Millisecond) // past the heartbeats
		reader.Count(ctx)            // knows the nodes now
		trips := func(what string, want int, ask func()) {
			t.Helper()
			d.take()
			ask()
			if got := d.take(); got != want {
				t.Errorf("%s takes %d round trips; want %d", what, got, want)
			}
		}

		trips("Lookup", 1, func() {
			if c, err := reader.Lookup(ctx, alice.ID); err != nil || c.User != "alice" || c.ID != alice.ID {
				t.Errorf("Lookup: %+v, %v", c, err)
			}
		})
		trips("ByUser", 2, func() {
			wantUsers(t, "ByUser", names(t, reader.ByUser(ctx, "alice")), "alice", "alice", "alice", "alice", "alice", "alice")
		})
		trips("ByUser of nobody", 1, func() { wantUsers(t, "ByUser", names(t, reader.ByUser(ctx, "nobody"))) })
		trips("Online", 1, func() {
			p, err := reader.Online(ctx, "alice", "nobody", "user2-39", "anon-54e3352d535d2", "user2-40")
			want := map[string]bool{"alice": true, "user2-39": true, "anon-54e3352d535d2": true}
			if err != nil || !maps.Equal(p.Online, want) {
				t.Errorf("Online: %v, %v; want %v", p.Online, err, want)
			}
		})
		trips("Count", 1, func() {
			count, err := reader.Count(ctx)
			count.Age = 0
			if want := (clientstorage.Count{Clients: 127, Users: 124, Anonymous: 1}); err != nil || count != want {
				t.Errorf("Count: %+v, %v; want %+v", count, err, want)
			}
		})
		trips("Nodes", 1, func() {
			list, err := reader.Nodes(ctx)
			if err != nil || len(list) != 3 {
				t.Fatalf("Nodes: %v, %v; want three", list, err)
			}
			for i, s := range nodes {
				at := slices.IndexFunc(list, func(n clientstorage.Node) bool { return n.ID == s.Node() })
				if at < 0 || list[at].Count.Clients != s.Local().Count().Clients {
					t.Errorf("node %d is not among %+v as it is", i, list)
				}
			}
		})
		if got := collect(t, reader.All(ctx)); len(got) != 127 {
			t.Errorf("All: %d clients; want 127", len(got))
		}
		if got := collect(t, reader.ByRole(ctx, "ROLE_ADMIN", "ROLE_NONE")); len(got) != 6 {
			t.Errorf("ByRole: %d clients; want 6", len(got))
		}
		got := userNames(collect(t, reader.Users(ctx)))
		if len(got) != 122 || len(slices.Compact(got)) != 122 {
			t.Errorf("Users: %d, of them %d different; want 122", len(got), len(slices.Compact(got)))
		}
		for u, err := range nodes[1].Users(ctx) {
			if err != nil || u.Anonymous != strings.HasPrefix(u.Name, "anon-") {
				t.Errorf("Users: %+v, %v", u, err)
			}
		}
		if own, err := nodes[1].Nodes(ctx); err != nil || len(own) != 3 || own[0].ID != nodes[1].Node() {
			t.Errorf("Nodes of a node: %v, %v; want itself first", own, err)
		}
	})
}

// Questions about this node are answered from memory.
func TestLocalQuestions(t *testing.T) {
	s := newLocal(t)
	ctx := t.Context()
	attach(t, s, "alice")
	attach(t, s, "alice")
	attach(t, s, "bob")
	wantUsers(t, "Users", userNames(collect(t, s.Users(ctx))), "alice", "bob")
	if !s.Local().Online("bob") || s.Local().Online("carol") {
		t.Error("Local().Online is wrong")
	}
	p, err := s.Online(ctx, "alice", "carol")
	if err != nil || !maps.Equal(p.Online, map[string]bool{"alice": true}) || p.Age != 0 {
		t.Errorf("Online: %+v, %v", p, err)
	}
	nodes, err := s.Nodes(ctx)
	if err != nil || len(nodes) != 1 || nodes[0].ID != s.Node() || nodes[0].Count.Users != 2 {
		t.Errorf("Nodes: %+v, %v", nodes, err)
	}
}

func TestUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d clientstorage.MemoryDriver
		ctx := t.Context()
		a, b := newShared(t, &d), newShared(t, &d)
		alice, err := a.Attach(ctx, clientstorage.Client{
			User: "alice", Roles: []string{"ROLE_USER"}, Attributes: map[string]string{"page": "/"},
		})
		if err != nil {
			t.Fatal(err)
		}
		updated, err := a.Update(ctx, alice.ID, func(c *clientstorage.Client) {
			c.Roles[0] = "ROLE_ADMIN"
			c.Attributes["page"] = "/admin"
			c.Attributes["device"] = "phone"
		})
		if err != nil {
			t.Fatalf("Update: %v", err)
		}
		if alice.Roles[0] != "ROLE_USER" || alice.Attributes["page"] != "/" {
			t.Errorf("the client that was handed out before has changed: %+v", alice)
		}
		want := map[string]string{"page": "/admin", "device": "phone"}
		for name, s := range map[string]*clientstorage.Storage{"its node": a, "another node": b} {
			c, err := s.Lookup(ctx, alice.ID)
			if err != nil || !slices.Equal(c.Roles, []string{"ROLE_ADMIN"}) || !maps.Equal(c.Attributes, want) || c.ID != alice.ID {
				t.Errorf("Lookup on %s: %+v, %v; want %+v", name, c, err, updated)
			}
		}
		for name, change := range map[string]func(*clientstorage.Client){
			"the user":     func(c *clientstorage.Client) { c.User = "bob" },
			"the id":       func(c *clientstorage.Client) { c.ID = clientstorage.ID{} },
			"anonymity":    func(c *clientstorage.Client) { c.Anonymous = true },
			"since":        func(c *clientstorage.Client) { c.Since = c.Since.Add(1) },
			"much too far": func(c *clientstorage.Client) { c.Attributes["x"] = strings.Repeat("x", 4096) },
		} {
			if _, err := a.Update(ctx, alice.ID, change); !errors.Is(err, clientstorage.ErrInvalid) {
				t.Errorf("Update of %s: %v; want ErrInvalid", name, err)
			}
		}
		if c, _ := a.Lookup(ctx, alice.ID); c != updated {
			t.Errorf("refused updates changed the client: %+v", c)
		}
		if _, err := b.Update(ctx, alice.ID, func(*clientstorage.Client) {}); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Update on another node: %v; want ErrNotFound", err)
		}
		if got := names(t, b.ByRole(ctx, "ROLE_ADMIN")); len(got) != 1 {
			t.Errorf("ByRole on another node: %q", got)
		}
	})
}

// An age is an upper bound, and for who asks often, a close one.
func TestAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d clientstorage.MemoryDriver
		ctx := t.Context()
		a, reader := newShared(t, &d), newShared(t, &d)
		alice := attach(t, a, "alice")
		if alice.Age() != 0 {
			t.Errorf("the age of an own client is %v", alice.Age())
		}
		c, err := reader.Lookup(ctx, alice.ID)
		if err != nil || c.Age() != 6*time.Second {
			t.Errorf("the first look: age %v, %v; want the whole lease, because nobody knows", c.Age(), err)
		}
		for range 100 { // asks every 100 ms from now on
			time.Sleep(100 * time.Millisecond)
			c, err = reader.Lookup(ctx, alice.ID)
		}
		if err != nil || c.Age() > 2100*time.Millisecond {
			t.Errorf("after looking often: age %v, %v; want at most a heartbeat and the pause", c.Age(), err)
		}
		count, _ := reader.Count(ctx)
		presence, _ := reader.Online(ctx, "alice")
		nodes, _ := reader.Nodes(ctx)
		users := collect(t, reader.Users(ctx))
		for what, age := range map[string]time.Duration{
			"Count": count.Age, "Online": presence.Age, "Nodes": nodes[0].Count.Age, "Users": users[0].Age,
		} {
			if age < 0 || age > 2100*time.Millisecond {
				t.Errorf("the age of %s is %v; want at most a heartbeat and the pause", what, age)
			}
		}
	})
}
