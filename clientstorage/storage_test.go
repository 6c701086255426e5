package clientstorage_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func newLocal(t testing.TB) *clientstorage.Storage {
	t.Helper()
	s, err := clientstorage.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func attach(t testing.TB, s *clientstorage.Storage, user string, roles ...string) *clientstorage.Client {
	t.Helper()
	c, err := s.Attach(t.Context(), clientstorage.Client{User: user, Roles: roles, Anonymous: strings.HasPrefix(user, "anon-")})
	if err != nil {
		t.Fatalf("Attach(%s): %v", user, err)
	}
	return c
}

func detach(t testing.TB, s *clientstorage.Storage, c *clientstorage.Client) {
	t.Helper()
	if err := s.Detach(t.Context(), c.ID, nil); err != nil {
		t.Fatalf("Detach(%s): %v", c.User, err)
	}
}

func users(clients iter.Seq[*clientstorage.Client]) []string {
	var names []string
	for c := range clients {
		names = append(names, c.User)
	}
	return names
}

func wantUsers(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q; want %q", what, got, want)
	}
}

func TestLocal(t *testing.T) {
	s := newLocal(t)
	ctx := t.Context()
	alice := attach(t, s, "alice", "ROLE_ADMIN", "ROLE_USER")
	bob := attach(t, s, "bob", "ROLE_USER")
	anon := attach(t, s, "anon-54e3352d535d2")
	alice2 := attach(t, s, "alice", "ROLE_ADMIN", "ROLE_USER")

	wantUsers(t, "All", users(s.Local().All()), "alice", "bob", "anon-54e3352d535d2", "alice")
	wantUsers(t, "ByUser(alice)", users(s.Local().ByUser("alice")), "alice", "alice")
	wantUsers(t, "ByUser(nobody)", users(s.Local().ByUser("nobody")))
	wantUsers(t, "ByRole(admin)", users(s.Local().ByRole("ROLE_ADMIN")), "alice", "alice")
	wantUsers(t, "ByRole(any of)", users(s.Local().ByRole("ROLE_X", "ROLE_USER")), "alice", "bob", "alice")
	wantUsers(t, "ByRole()", users(s.Local().ByRole()))
	if got, want := s.Local().Count(), (clientstorage.Count{Clients: 4, Users: 3, Anonymous: 1}); got != want {
		t.Errorf("Count: %+v; want %+v", got, want)
	}

	got, err := s.Lookup(ctx, bob.ID)
	if err != nil || got != bob || got.User != "bob" || got.Since.IsZero() || got.ID.Node() != s.Node() {
		t.Errorf("Lookup(bob) = %+v, %v", got, err)
	}
	detach(t, s, alice)
	if got, err := s.Lookup(ctx, alice.ID); !errors.Is(err, clientstorage.ErrNotFound) {
		t.Errorf("Lookup of a detached client: %v, %v; want ErrNotFound", got, err)
	}
	if err := s.Detach(ctx, alice.ID, nil); !errors.Is(err, clientstorage.ErrNotFound) {
		t.Errorf("second Detach: %v; want ErrNotFound", err)
	}
	wantUsers(t, "ByUser(alice) with one tab left", users(s.Local().ByUser("alice")), "alice")
	detach(t, s, alice2)
	wantUsers(t, "ByUser(alice) with none", users(s.Local().ByUser("alice")))
	detach(t, s, anon)
	wantUsers(t, "All", users(s.Local().All()), "bob")

	// The slots are used again, the ids are not.
	seen := map[clientstorage.ID]bool{alice.ID: true, alice2.ID: true, anon.ID: true, bob.ID: true}
	for range 100 {
		c := attach(t, s, "carol")
		if seen[c.ID] {
			t.Fatalf("id %v was given twice", c.ID)
		}
		seen[c.ID] = true
		detach(t, s, c)
	}
	if _, err := s.Lookup(ctx, alice2.ID); !errors.Is(err, clientstorage.ErrNotFound) {
		t.Errorf("Lookup of an id whose slot was used again: %v; want ErrNotFound", err)
	}
}

// The ring of a user's clients must survive any order of arrivals and leavings.
func TestUserIndex(t *testing.T) {
	s := newLocal(t)
	rng := rand.New(rand.NewPCG(1, 2))
	names := []string{"alice", "bob", "carol"}
	for i := range 40 { // some thousand users make the index grow
		for j := range 100 {
			attach(t, s, fmt.Sprint("other", i*100+j))
		}
	}
	attached := map[string][]*clientstorage.Client{}
	for range 2000 {
		name := names[rng.IntN(len(names))]
		if of := attached[name]; len(of) > 0 && rng.IntN(2) == 0 {
			i := rng.IntN(len(of))
			detach(t, s, of[i])
			attached[name] = slices.Delete(of, i, i+1)
		} else {
			attached[name] = append(of, attach(t, s, name))
		}
		for _, name := range names {
			got := slices.Collect(s.Local().ByUser(name))
			if !slices.Equal(got, attached[name]) {
				t.Fatalf("ByUser(%s) has %d clients in another order or number; want %d, the first attached first", name, len(got), len(attached[name]))
			}
		}
	}
}

func TestAttachInvalid(t *testing.T) {
	s := newLocal(t)
	long := strings.Repeat("x", 256)
	for name, c := range map[string]clientstorage.Client{
		"no user":        {},
		"long user":      {User: long},
		"long role":      {User: "alice", Roles: []string{long}},
		"too many roles": {User: "alice", Roles: make([]string, 65)},
	} {
		if _, err := s.Attach(t.Context(), c); !errors.Is(err, clientstorage.ErrInvalid) {
			t.Errorf("%s: %v; want ErrInvalid", name, err)
		}
	}
	if n := s.Local().Count().Clients; n != 0 {
		t.Errorf("%d clients after refusals", n)
	}
}

// A client that stays is seen exactly once by an iteration, whoever else comes
// and goes meanwhile.
func TestIterationUnderChurn(t *testing.T) {
	s := newLocal(t)
	staying := map[clientstorage.ID]bool{}
	stayingUsers := map[string]bool{}
	var others []*clientstorage.Client
	for i := range 3000 {
		if i%3 == 0 {
			c := attach(t, s, fmt.Sprint("stays", i))
			staying[c.ID], stayingUsers[c.User] = true, true
		} else {
			others = append(others, attach(t, s, fmt.Sprint("goes", i%50)))
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range 4 {
		mine := others[w*len(others)/4 : (w+1)*len(others)/4]
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i = (i + 1) % len(mine) {
				s.Detach(ctx, mine[i].ID, nil)
				mine[i], _ = s.Attach(ctx, clientstorage.Client{User: fmt.Sprint("again", w, "-", i)})
			}
		})
	}
	for range 20 {
		seen := map[clientstorage.ID]int{}
		for c := range s.Local().All() {
			seen[c.ID]++
		}
		for id := range staying {
			if seen[id] != 1 {
				t.Errorf("a client that stayed was seen %d times", seen[id])
			}
		}
		seenUsers := map[string]int{}
		for u := range s.Local().Users() {
			seenUsers[u.Name]++
		}
		for name := range stayingUsers {
			if seenUsers[name] != 1 {
				t.Errorf("a user who stayed was seen %d times", seenUsers[name])
			}
		}
	}
	stop()
	wg.Wait()
}

func TestConcurrent(t *testing.T) {
	s := newLocal(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 500 {
				c := attach(t, s, fmt.Sprintf("user%d", (w+i)%5), "ROLE_USER")
				if got, err := s.Lookup(t.Context(), c.ID); err != nil || got != c {
					t.Errorf("Lookup right after Attach: %v, %v", got, err)
					return
				}
				for range s.Local().ByUser(c.User) {
				}
				detach(t, s, c)
			}
		})
	}
	wg.Wait()
	if got := s.Local().Count(); got != (clientstorage.Count{}) {
		t.Errorf("Count after all have gone: %+v", got)
	}
}

func TestAllocations(t *testing.T) {
	s := newLocal(t)
	ctx := t.Context()
	c := attach(t, s, "alice", "ROLE_USER")
	if n := testing.AllocsPerRun(1000, func() { s.Lookup(ctx, c.ID) }); n != 0 {
		t.Errorf("Lookup of an own client allocates %v times; want 0", n)
	}
	roles := c.Roles
	n := testing.AllocsPerRun(1000, func() {
		c, _ := s.Attach(ctx, clientstorage.Client{User: "bob", Roles: roles})
		s.Detach(ctx, c.ID, nil)
	})
	if n > 2 {
		t.Errorf("Attach and Detach allocate %v times; want at most 2", n)
	}
	s.Hook(clientstorage.Hooks{Detached: func(*clientstorage.Client, error) {}}) // as a server of sockets does
	n = testing.AllocsPerRun(1000, func() {
		c, _ := s.Attach(ctx, clientstorage.Client{User: "bob", Roles: roles})
		s.Detach(ctx, c.ID, nil)
	})
	if n > 1 {
		t.Errorf("Attach and Detach with a hook for those who leave allocate %v times; want 1", n)
	}
}
