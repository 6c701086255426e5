package clientstorage_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/tinylib/msgp/msgp"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// Both nodes have clients of some users, and the first so many users that it has
// more lists than a node begins with.
const (
	liveUsers  = 2200
	liveLevel  = 7
	liveShared = 250
)

// A site that runs asks the same questions as this package, and gets the same
// answers.
func TestForeignReadersOfLiveNodes(t *testing.T) {
	eachReader(t, func(t *testing.T, r foreignReader) {
		ctx := t.Context()
		addr := testserver.Redis(t)
		client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
		t.Cleanup(func() { client.Close() })
		d := redisdriver.New(client)
		a, b, asker := newShared(t, d), newShared(t, d), newShared(t, d)

		var clients []clientstorage.Client
		for i := range liveUsers {
			clients = append(clients, clientstorage.Client{
				User: fmt.Sprintf("user-%d", i), Roles: []string{"ROLE_USER"}, Attributes: map[string]string{"n": fmt.Sprint(i)},
			})
		}
		here := attachAll(t, a, clients)
		clients = clients[:liveShared]
		clients = append(clients, clients[:liveShared/2]...) // two tabs
		for i := range liveShared / 5 {
			clients = append(clients, clientstorage.Client{User: fmt.Sprintf("anonymní %d", i), Anonymous: true})
		}
		there := attachAll(t, b, clients)
		gone := []*clientstorage.Client{here[7], here[700], there[1], there[170]}
		for _, c := range gone {
			detach(t, map[clientstorage.NodeID]*clientstorage.Storage{a.Node(): a, b.Node(): b}[c.ID.Node()], c)
		}
		// The slots of some have other clients by now.
		next := append(attachAll(t, a, []clientstorage.Client{{User: "new here"}}), attachAll(t, b, []clientstorage.Client{{User: "new there"}})...)
		awaitLevel(t, client, a.Node())

		q := questions{ByUser: []string{"nobody", "new here"}}
		for i, c := range slices.Concat(gone, next, here, there) {
			q.Online = append(q.Online, c.User)
			if i < 50 || i%50 == 0 {
				q.Lookup = append(q.Lookup, c.ID.String())
				q.ByUser = append(q.ByUser, c.User)
			}
		}
		slices.Sort(q.Online)
		q.Online = append(slices.Compact(q.Online), "nobody")

		compare := func(what string, clients int) answers {
			t.Helper()
			want := awaitCount(t, asker, clients, q)
			got := r.do(t, job{Redis: addr, questions: q})[0]
			ages := map[string]int64{}
			for _, n := range want.Nodes {
				ages[n.ID] = 6000
			}
			checkAges(t, got, ages)
			compareAnswers(t, r.name+what, withoutAges(got), withoutAges(want))
			return got
		}
		all := compare("", len(here)+len(there)+len(next)-len(gone))
		for _, c := range gone {
			if answer, asked := all.Lookup[c.ID.String()]; !asked || answer != nil {
				t.Errorf("%s finds a client that is gone: %+v", r.name, answer)
			}
		}
		if output := r.run(t, nil, append(r.who, addr)...); !bytes.Contains(output, []byte(next[1].ID.String())) {
			t.Errorf("who does not print the client %v:\n%.2000s", next[1].ID, output)
		}
		output := r.run(t, nil, append(r.who, addr, "user-0", "nobody")...)
		if !bytes.Contains(output, []byte(`user-0`)) || bytes.Count(output, []byte(" online")) != 1 || bytes.Count(output, []byte(" offline")) != 1 {
			t.Errorf("who says of two users:\n%s", output)
		}

		if err := b.Close(ctx); err != nil {
			t.Fatal(err)
		}
		compare(", after a node was closed,", len(here)+1-2)
	})
}

// attachAll attaches clients, many at once.
func attachAll(t *testing.T, s *clientstorage.Storage, clients []clientstorage.Client) []*clientstorage.Client {
	t.Helper()
	attached := make([]*clientstorage.Client, len(clients))
	var wg sync.WaitGroup
	for from := range 16 {
		wg.Go(func() {
			for i := from; i < len(clients); i += 16 {
				var err error
				if attached[i], err = s.Attach(context.Background(), clients[i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return attached
}

// awaitLevel waits until the lease of a node names the level for liveUsers.
func awaitLevel(t *testing.T, client *redis.Client, node clientstorage.NodeID) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		b, err := client.Get(t.Context(), "rollcall:l:"+node.String()).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		lease, _, err := msgp.ReadIntfBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		level := lease.([]any)[3]
		if fmt.Sprint(level) == fmt.Sprint(liveLevel) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the level is %v; want %d", level, liveLevel)
		}
	}
}

// awaitCount waits until the leases count so many clients, and asks.
func awaitCount(t *testing.T, asker *clientstorage.Storage, clients int, q questions) answers {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		a := ask(t, asker, q)
		if a.Count.Clients == clients && len(a.All) == clients {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d clients are counted and %d listed; want %d", a.Count.Clients, len(a.All), clients)
		}
	}
}
