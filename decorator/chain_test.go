package decorator_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// slowRead is a far driver that lets others run between reading a value and
// returning it, as a network does.
func slowRead(d clientstorage.Driver) clientstorage.Driver {
	return stub{Driver: d, fetch: func(ctx context.Context, key string) ([]byte, error) {
		value, err := d.Fetch(ctx, key)
		runtime.Gosched()
		return value, err
	}}
}

// race calls reading and writing for 20,000 keys, both at once for each, and
// then check.
func race(t *testing.T, reading, writing func(key string) error, check func(key string)) {
	const workers, each = 20, 1000
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				key := fmt.Sprint(w, "/", i)
				done := make(chan error)
				go func() { done <- reading(key) }()
				if err := writing(key); err != nil {
					t.Errorf("%s: %v", key, err)
				}
				if err := <-done; err != nil && !errors.Is(err, clientstorage.ErrNotFound) {
					t.Errorf("%s: %v", key, err)
				}
				check(key)
			}
		})
	}
	wg.Wait()
}

// A deleted client must not come back because somebody was reading it.
func TestChainDeletedStaysDeleted(t *testing.T) {
	ctx := t.Context()
	far := new(clientstorage.MemoryDriver)
	chain := decorator.Chain(new(clientstorage.MemoryDriver), slowRead(far), nil)
	var back sync.Map
	race(t,
		func(key string) error { _, err := chain.Fetch(ctx, key); return err },
		func(key string) error {
			if err := far.Save(ctx, key, []byte("client"), time.Minute); err != nil {
				return err
			}
			runtime.Gosched()
			return chain.Delete(ctx, key)
		},
		func(key string) {
			if _, err := chain.Fetch(ctx, key); !errors.Is(err, clientstorage.ErrNotFound) {
				back.Store(key, err)
			}
		})
	count(t, &back, "deleted keys are back")
}

// A value that was replaced must not come back either.
func TestChainSavedStaysSaved(t *testing.T) {
	ctx := t.Context()
	far := new(clientstorage.MemoryDriver)
	chain := decorator.Chain(new(clientstorage.MemoryDriver), slowRead(far), nil)
	var old sync.Map
	race(t,
		func(key string) error {
			_, err := clientstorage.FetchMany(ctx, chain, []string{key, "other"})
			return err
		},
		func(key string) error {
			if err := far.Save(ctx, key, []byte("old"), time.Minute); err != nil {
				return err
			}
			runtime.Gosched()
			return chain.Save(ctx, key, []byte("new"), time.Minute)
		},
		func(key string) {
			if value, err := chain.Fetch(ctx, key); err != nil || string(value) != "new" {
				old.Store(key, value)
			}
		})
	count(t, &old, "replaced values are back")
}

func count(t *testing.T, m *sync.Map, what string) {
	t.Helper()
	n := 0
	m.Range(func(any, any) bool { n++; return true })
	if n > 0 {
		t.Errorf("%d of 20000 %s", n, what)
	}
}

// The same without chance: each write happens wholly while far has read the
// value and not yet returned it.
func TestChainLateFill(t *testing.T) {
	ctx := t.Context()
	var chain clientstorage.Driver
	writes := map[string]func() error{
		"Delete": func() error { return chain.Delete(ctx, "key") },
		"Save":   func() error { return chain.Save(ctx, "key", []byte("new"), time.Minute) },
		"DeleteMany": func() error {
			return clientstorage.DeleteMany(ctx, chain, []string{"other", "key"})
		},
		"SaveMany": func() error {
			return clientstorage.SaveMany(ctx, chain, []clientstorage.Item{{Key: "key", Value: []byte("new"), TTL: time.Minute}})
		},
	}
	for name, write := range writes {
		far := new(clientstorage.MemoryDriver)
		during := write
		chain = decorator.Chain(new(clientstorage.MemoryDriver), stub{Driver: far, fetch: func(ctx context.Context, key string) ([]byte, error) {
			value, err := far.Fetch(ctx, key)
			if during != nil {
				f := during
				during = nil
				if err := f(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			return value, err
		}}, nil)
		far.Save(ctx, "key", []byte("old"), time.Minute)
		if value, err := chain.Fetch(ctx, "key"); err != nil || string(value) != "old" {
			t.Errorf("%s: the Fetch that began before: %q, %v; want old", name, value, err)
		}
		if value, _ := chain.Fetch(ctx, "key"); string(value) == "old" {
			t.Errorf("%s was undone by a Fetch that began before it", name)
		}
	}
}

// What another node does is seen when near's time is up, and not later.
func TestChainOtherNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		far := new(counted)
		chain := decorator.Chain(new(clientstorage.MemoryDriver), far, &decorator.ChainOptions{NearTTL: 3 * time.Second})
		far.MemoryDriver.Save(ctx, "key", []byte("old"), time.Minute)
		fetch := func(want string) {
			t.Helper()
			if value, _ := chain.Fetch(ctx, "key"); string(value) != want {
				t.Errorf("Fetch: %q; want %q", value, want)
			}
		}
		fetch("old")
		far.MemoryDriver.Save(ctx, "key", []byte("new"), time.Minute)
		time.Sleep(2999 * time.Millisecond)
		fetch("old")
		if n := far.one.Load(); n != 1 {
			t.Errorf("far was asked %d times; want 1, and near after that", n)
		}
		time.Sleep(time.Millisecond)
		fetch("new")

		// A miss is not remembered.
		if _, err := chain.Fetch(ctx, "absent"); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Fetch of an absent key: %v", err)
		}
		far.MemoryDriver.Save(ctx, "absent", []byte("here"), time.Minute)
		if value, err := chain.Fetch(ctx, "absent"); string(value) != "here" {
			t.Errorf("Fetch of a key that another node saved: %q, %v", value, err)
		}
	})
}

var errDown = errors.New("down")

func down(context.Context) error { return errDown }

func fetchDown(context.Context, string) ([]byte, error) { return nil, errDown }

// A near driver that fails costs reads of far and nothing else.
func TestChainNearFails(t *testing.T) {
	ctx := t.Context()
	for name, near := range map[string]stub{
		"wholly":     {fetch: fetchDown, write: down},
		"on reads":   {Driver: new(clientstorage.MemoryDriver), fetch: fetchDown},
		"on writes":  {Driver: new(clientstorage.MemoryDriver), write: down},
		"corruption": {Driver: new(clientstorage.MemoryDriver), fetch: func(context.Context, string) ([]byte, error) { return nil, clientstorage.ErrCorrupt }},
	} {
		t.Run(name, func(t *testing.T) {
			chain := decorator.Chain(near, new(clientstorage.MemoryDriver), nil)
			many(t, chain)
			if err := chain.Save(ctx, "key", []byte("value"), time.Minute); err != nil {
				t.Error(err)
			}
			if value, err := chain.Fetch(ctx, "key"); err != nil || string(value) != "value" {
				t.Errorf("Fetch: %q, %v", value, err)
			}
			if err := chain.Delete(ctx, "key"); err != nil {
				t.Error(err)
			}
			if value, err := chain.Fetch(ctx, "key"); !errors.Is(err, clientstorage.ErrNotFound) {
				t.Errorf("Fetch after Delete: %q, %v", value, err)
			}
		})
	}
}

// A near driver that did not forget a key must not be asked for it until the
// value has expired there.
func TestChainNearKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		memory, far := new(clientstorage.MemoryDriver), new(counted)
		near := &stub{Driver: memory}
		chain := decorator.Chain(near, far, nil)
		chain.Save(ctx, "key", []byte("value"), time.Minute)
		chain.Fetch(ctx, "key")
		near.write = down
		if err := chain.Delete(ctx, "key"); err != nil {
			t.Fatalf("Delete: %v", err)
		}
		if _, err := memory.Fetch(ctx, "key"); err != nil {
			t.Fatalf("near has forgotten the key: %v", err)
		}
		if value, err := chain.Fetch(ctx, "key"); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Fetch after Delete: %q, %v", value, err)
		}
		if values, err := clientstorage.FetchMany(ctx, chain, []string{"key"}); err != nil || values[0] != nil {
			t.Errorf("FetchMany after Delete: %q, %v", values, err)
		}

		near.write = nil
		chain.Save(ctx, "key", []byte("again"), time.Minute)
		time.Sleep(5 * time.Second)
		asked := far.one.Load()
		chain.Fetch(ctx, "key")
		chain.Fetch(ctx, "key")
		if n := far.one.Load() - asked; n != 1 {
			t.Errorf("far was asked %d times for two reads; want 1, since near works again", n)
		}
	})
}

// When far fails, nobody knows what it holds, so near must not say.
func TestChainFarFails(t *testing.T) {
	ctx := t.Context()
	far := &stub{Driver: new(clientstorage.MemoryDriver)}
	chain := decorator.Chain(new(clientstorage.MemoryDriver), far, nil)
	for name, write := range map[string]func() error{
		"Save":   func() error { return chain.Save(ctx, "key", []byte("new"), time.Minute) },
		"Delete": func() error { return chain.Delete(ctx, "key") },
	} {
		far.fetch, far.write = nil, nil
		chain.Save(ctx, "key", []byte("old"), time.Minute)
		chain.Fetch(ctx, "key")
		far.fetch, far.write = fetchDown, down
		if err := write(); !errors.Is(err, errDown) {
			t.Errorf("%s while far is down: %v", name, err)
		}
		if value, err := chain.Fetch(ctx, "key"); !errors.Is(err, errDown) {
			t.Errorf("Fetch after a %s that failed: %q, %v; want far's error", name, value, err)
		}
	}
}
