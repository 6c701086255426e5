package clientstorage_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A lease that cannot be read, of a node of another version, say, must not hide
// that other nodes are lost.
func TestNodeLostBesideUnreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cache clientstorage.MemoryDriver
		a, other, w := newShared(t, &cache), newShared(t, &cache), newShared(t, &cache)
		attach(t, a, "alice")
		attach(t, other, "bob")
		lost := atomic.Int32{}
		w.Hook(clientstorage.Hooks{NodeLost: func(clientstorage.Node) { lost.Add(1) }})
		settle()
		// a node of another version of the format, say
		other.Close(t.Context())
		attach(t, newShared(t, &cache), "carol")
		nodes, _ := w.Nodes(t.Context())
		for _, n := range nodes {
			if n.ID != a.Node() {
				go func() {
					for range 600 {
						cache.Save(t.Context(), "rollcall:l:"+n.ID.String(), []byte{0x91, 2}, time.Minute)
						time.Sleep(100 * time.Millisecond)
					}
				}()
			}
		}
		lost.Store(0)
		a.Close(t.Context())
		time.Sleep(time.Minute)
		if lost.Load() == 0 {
			t.Error("nobody was told that node a is lost")
		}
	})
}

// With a limit, too, nobody waits for a cache that is known to be down.
func TestLimitDoesNotWait(t *testing.T) {
	for _, nowait := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d := &link{Driver: new(clientstorage.MemoryDriver)}
			a := newWith(t, d, clientstorage.Options{PerUser: clientstorage.Limit{Max: 5}, NoWait: nowait})
			attach(t, a, "alice")
			settle()
			d.set(errDown, true)
			time.Sleep(time.Minute)
			began := time.Now()
			for i := range 10 {
				attach(t, a, fmt.Sprint("user", i))
			}
			if took := time.Since(began); took != 0 {
				t.Errorf("NoWait %v: ten clients waited %v for a cache that has been down for a minute", nowait, took)
			}
			d.set(nil, false)
		})
	}
}

// The list of nodes is written again before it expires.
func TestListOfNodesExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cache clientstorage.MemoryDriver
		a := newWith(t, &cache, clientstorage.Options{Lease: time.Hour})
		b := newWith(t, &cache, clientstorage.Options{Lease: time.Hour})
		attach(t, a, "alice")
		time.Sleep(time.Minute)
		attach(t, b, "bob")
		time.Sleep(30*24*time.Hour + 10*time.Second)
		for range 60 {
			n := 0
			for _, err := range b.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 2 {
				t.Fatalf("All without an error has %d clients of 2", n)
			}
			time.Sleep(10 * time.Second)
		}
	})
}

// A lease that names another level each time that it is read.
type flip struct {
	clientstorage.MemoryDriver
	lease string
	n     int
}

func (f *flip) Fetch(ctx context.Context, key string) ([]byte, error) {
	if key == f.lease {
		f.n++
		if f.n > 1000 {
			return nil, errors.New("enough")
		}
		v, err := f.MemoryDriver.Fetch(ctx, key)
		if err == nil && f.n%2 == 0 {
			// [1, sequence, pages, level...]: 9a 01, three integers
			i := 2
			for range 2 {
				i += skipInt(v[i])
			}
			v[i] = 7
		}
		return v, err
	}
	return f.MemoryDriver.Fetch(ctx, key)
}

func skipInt(b byte) int {
	switch b {
	case 0xcc:
		return 2
	case 0xcd:
		return 3
	}
	return 1
}

func TestUsersOfUnsteadyNode(t *testing.T) {
	d := &flip{}
	a := newShared(t, &d.MemoryDriver)
	b := newShared(t, d)
	attach(t, a, "alice")
	d.lease = "rollcall:l:" + a.Node().String()
	for _, err := range b.Users(t.Context()) {
		if err != nil {
			t.Log(err)
		}
	}
	if d.n > 100 {
		t.Errorf("Users read the lease %d times", d.n)
	}
}

// A driver that returns too many values.
type tooMany struct{ clientstorage.MemoryDriver }

func (d *tooMany) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	return make([][]byte, len(keys)+1), nil
}

func TestTooManyValues(t *testing.T) {
	s := newShared(t, &tooMany{})
	if n, err := s.Count(t.Context()); err == nil {
		t.Errorf("Count: %+v and no error", n)
	}
}

// The hook of a client that leaves does not wait for the cache.
func TestDetachedBeforeTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &link{Driver: new(clientstorage.MemoryDriver)}
		s := newShared(t, d)
		c := attach(t, s, "alice")
		settle()
		var told time.Time
		s.Hook(clientstorage.Hooks{Detached: func(*clientstorage.Client, error) { told = time.Now() }})
		d.set(nil, true)
		began := time.Now()
		detach(t, s, c)
		if !told.Equal(began) {
			t.Errorf("the hook was told %v after Detach began", told.Sub(began))
		}
		d.set(nil, false)
	})
}

// An edit can add to a client that has no attributes.
func TestUpdateAddsAttributes(t *testing.T) {
	s := newLocal(t)
	c, err := s.Update(t.Context(), attach(t, s, "alice").ID, func(c *clientstorage.Client) { c.Attributes["page"] = "/chat" })
	if err != nil || c.Attributes["page"] != "/chat" {
		t.Errorf("Update: %+v, %v", c, err)
	}
}
