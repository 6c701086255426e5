package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator/breaker"
)

// backend fails with err, if that is set, and counts how often it is asked.
type backend struct {
	clientstorage.MemoryDriver
	err   error
	hook  func()
	asked int
}

func (b *backend) Fetch(ctx context.Context, key string) ([]byte, error) {
	b.asked++
	if b.hook != nil {
		b.hook()
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.MemoryDriver.Fetch(ctx, key)
}

var errDown = errors.New("down")

// fetch asks d n times and returns the last error.
func fetch(ctx context.Context, d clientstorage.Driver, n int) (err error) {
	for range n {
		_, err = d.Fetch(ctx, "key")
	}
	return err
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := &backend{err: errDown}
		var changes []bool
		d := breaker.New(b, &breaker.Options{OnChange: func(open bool) { changes = append(changes, open) }})

		if err := fetch(ctx, d, 5); !errors.Is(err, errDown) {
			t.Errorf("the fifth failure: %v", err)
		}
		for name, err := range map[string]error{
			"Fetch":      fetch(ctx, d, 1),
			"Save":       d.Save(ctx, "key", nil, time.Minute),
			"Delete":     d.Delete(ctx, "key"),
			"DeleteMany": clientstorage.DeleteMany(ctx, d, []string{"key"}),
		} {
			if !errors.Is(err, breaker.ErrOpen) {
				t.Errorf("%s of an open breaker: %v; want ErrOpen", name, err)
			}
		}
		if b.asked != 5 {
			t.Errorf("the driver was asked %d times; want 5", b.asked)
		}

		time.Sleep(1001 * time.Millisecond)
		if err := fetch(ctx, d, 2); !errors.Is(err, breaker.ErrOpen) || b.asked != 6 {
			t.Errorf("after a test that failed: %v, asked %d times; want ErrOpen and 6", err, b.asked)
		}
		time.Sleep(1001 * time.Millisecond)
		b.err = nil
		if err := fetch(ctx, d, 10); !errors.Is(err, clientstorage.ErrNotFound) || b.asked != 16 {
			t.Errorf("after a test that did not fail: %v, asked %d times; want a miss and 16", err, b.asked)
		}
		if !slices.Equal(changes, []bool{true, false}) {
			t.Errorf("changes: %v; want open, then closed", changes)
		}
	})
}

// These errors do not open a breaker, and a failure between them is not one in
// a row.
func TestNoFailures(t *testing.T) {
	for _, err := range []error{
		clientstorage.ErrNotFound,
		fmt.Errorf("seal: %w", clientstorage.ErrCorrupt),
		fmt.Errorf("fetch: %w", context.Canceled),
	} {
		b := &backend{err: err}
		d := breaker.New(b, &breaker.Options{Failures: 2})
		if got := fetch(t.Context(), d, 20); !errors.Is(got, err) {
			t.Errorf("after 20 of %v: %v", err, got)
		}
	}

	b := &backend{}
	d := breaker.New(b, &breaker.Options{Failures: 2})
	for range 10 {
		b.err = errDown
		fetch(t.Context(), d, 1)
		b.err = clientstorage.ErrNotFound
		fetch(t.Context(), d, 1)
	}
	if b.asked != 20 {
		t.Errorf("failures that were not in a row opened the breaker: asked %d times of 20", b.asked)
	}
}

// A caller that gave up says nothing about the driver, whatever error the driver
// made of it, and may have been the one test of an open breaker.
func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		b := &backend{err: errDown}
		d := breaker.New(b, &breaker.Options{Failures: 2})
		fetch(gone, d, 20)
		if b.asked != 20 {
			t.Errorf("cancelled callers opened the breaker: asked %d times of 20", b.asked)
		}
		fetch(t.Context(), d, 2)
		time.Sleep(1001 * time.Millisecond)
		fetch(gone, d, 1)
		b.err = nil
		if err := fetch(t.Context(), d, 1); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("after a test that was cancelled: %v; want a miss", err)
		}
	})
}

func TestDeadlineFails(t *testing.T) {
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	d := breaker.New(&backend{}, nil)
	if err := fetch(late, d, 6); !errors.Is(err, breaker.ErrOpen) {
		t.Errorf("after five deadlines that passed: %v; want ErrOpen", err)
	}
}

// A driver that panics while it is tested must not leave the breaker open.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backend{err: errDown}
		d := breaker.New(b, &breaker.Options{Failures: 1})
		fetch(t.Context(), d, 1)
		time.Sleep(1001 * time.Millisecond)
		b.hook = func() { panic("out of order") }
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic did not reach the caller")
				}
			}()
			fetch(t.Context(), d, 1)
		}()
		b.hook, b.err = nil, nil
		if err := fetch(t.Context(), d, 1); !errors.Is(err, breaker.ErrOpen) {
			t.Errorf("after a panic: %v; want ErrOpen", err)
		}
		time.Sleep(1001 * time.Millisecond)
		if err := fetch(t.Context(), d, 1); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("when the wait is over: %v; want a miss", err)
		}
	})
}
