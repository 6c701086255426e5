package drivertest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A step does one thing with a driver and complains if the answer is wrong.
type step func(t *testing.T, d clientstorage.Driver)

// script runs steps in order and stops at the first that complains, because the
// steps after it build on it.
func script(steps []step) func(*testing.T, clientstorage.Driver) {
	return func(t *testing.T, d clientstorage.Driver) {
		for i, s := range steps {
			s(t, d)
			if t.Failed() {
				t.Fatalf("step %d of %d failed", i+1, len(steps))
			}
		}
	}
}

// own makes a key the running test's own, so that tests can share a backend.
func own(t *testing.T, key string) string { return t.Name() + "/" + key }

// ends holds when what was saved under a key may be gone. On a machine that
// stands still for a moment a short time to live is over before it is looked at.
var ends sync.Map

func mayBeGone(key string) bool {
	end, ok := ends.Load(key)
	return ok && time.Now().After(end.(time.Time))
}

func save(key, value string, ttl time.Duration) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		ends.Store(own(t, key), time.Now().Add(ttl))
		if err := d.Save(t.Context(), own(t, key), []byte(value), ttl); err != nil {
			t.Errorf("Save(%s, %s, %v): %v", brief(key), brief(value), ttl, err)
		}
	}
}

func saveRefused(key string, ttl time.Duration) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		if err := d.Save(t.Context(), own(t, key), []byte("x"), ttl); err == nil {
			t.Errorf("Save(%s) with a ttl of %v succeeded; want an error", brief(key), ttl)
		}
	}
}

func fetch(key, want string) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		got, err := d.Fetch(t.Context(), own(t, key))
		if errors.Is(err, clientstorage.ErrNotFound) && mayBeGone(own(t, key)) {
			t.Logf("Fetch(%s): gone, but so is its time to live: the machine is too slow to tell", brief(key))
			return
		}
		if err != nil || string(got) != want {
			t.Errorf("Fetch(%s) = %s, %v; want %s", brief(key), brief(string(got)), err, brief(want))
		}
	}
}

func fetchMissing(key string) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		got, err := d.Fetch(t.Context(), own(t, key))
		if !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Fetch(%s) = %s, %v; want ErrNotFound", brief(key), brief(string(got)), err)
		}
	}
}

func remove(key string) step {
	return func(t *testing.T, d clientstorage.Driver) {
		t.Helper()
		if err := d.Delete(t.Context(), own(t, key)); err != nil {
			t.Errorf("Delete(%s): %v", brief(key), err)
		}
	}
}

func wait(d time.Duration) step {
	return func(*testing.T, clientstorage.Driver) { time.Sleep(d) }
}

func isFailure(err error) bool {
	return err != nil && !errors.Is(err, clientstorage.ErrNotFound)
}

func brief(s string) string {
	if len(s) <= 40 {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q... (%d bytes)", s[:40], len(s))
}
