package decorator_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// failing fails the first n operations with err, and counts all.
type failing struct {
	clientstorage.MemoryDriver
	n, calls int
	err      error
}

func (f *failing) next() error {
	f.calls++
	if f.calls <= f.n {
		return f.err
	}
	return nil
}

func (f *failing) Fetch(ctx context.Context, key string) ([]byte, error) {
	return []byte("value"), f.next()
}

func (f *failing) Save(context.Context, string, []byte, time.Duration) error { return f.next() }

func (f *failing) Delete(context.Context, string) error { return f.next() }

func (f *failing) FetchMany(_ context.Context, keys []string) ([][]byte, error) {
	return make([][]byte, len(keys)), f.next()
}

func (f *failing) SaveMany(context.Context, []clientstorage.Item) error { return f.next() }

func (f *failing) DeleteMany(context.Context, []string) error { return f.next() }

func TestRetry(t *testing.T) {
	tests := []struct {
		name     string
		failures int
		err      error
		opts     *decorator.RetryOptions
		calls    int // of a read
		ok       bool
	}{
		{"nothing", 0, nil, nil, 1, true},
		{"one failure", 1, errDown, nil, 2, true},
		{"two failures", 2, errDown, nil, 3, true},
		{"too many failures", 3, errDown, nil, 3, false},
		{"one attempt", 1, errDown, &decorator.RetryOptions{Attempts: 1}, 1, false},
		{"a hundred attempts", 99, errDown, &decorator.RetryOptions{Attempts: 100, Wait: time.Microsecond}, 100, true},
		{"a deadline within", 2, context.DeadlineExceeded, nil, 3, true},
		{"a miss", 1, clientstorage.ErrNotFound, nil, 1, false},
		{"corruption", 1, fmt.Errorf("seal: %w", clientstorage.ErrCorrupt), nil, 1, false},
	}
	for _, test := range tests {
		for name, operate := range operations {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					backend := &failing{n: test.failures, err: test.err}
					err := operate(t.Context(), decorator.Retry(backend, test.opts))
					calls, ok := test.calls, test.ok
					if !strings.HasPrefix(name, "Fetch") { // writes are tried once
						calls, ok = 1, test.failures == 0
					}
					if backend.calls != calls || (err == nil) != ok || !ok && !errors.Is(err, test.err) {
						t.Errorf("%d calls, %v; want %d, success %v", backend.calls, err, calls, ok)
					}
				})
			})
		}
	}
}

// The waits double, are at least half random, and are given up when the caller
// is gone or will be.
func TestRetryWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := &decorator.RetryOptions{Attempts: 4, Wait: time.Second}
		backend := &failing{n: 100, err: errDown}
		d := decorator.Retry(backend, opts)
		start := time.Now()
		d.Fetch(t.Context(), "key")
		if took := time.Since(start); took < 3500*time.Millisecond || took > 7*time.Second {
			t.Errorf("four attempts took %v; want between (1+2+4)/2 and 1+2+4 s", took)
		}

		backend.calls = 0
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		start = time.Now()
		_, err := d.Fetch(ctx, "key")
		if took := time.Since(start); took != 0 || backend.calls != 1 || !errors.Is(err, errDown) {
			t.Errorf("with a deadline before the wait ends: %d calls in %v, %v; want 1 at once", backend.calls, took, err)
		}

		backend.calls = 0
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, stop)
		start = time.Now()
		_, err = d.Fetch(ctx, "key")
		if took := time.Since(start); took != 100*time.Millisecond || backend.calls != 1 || !errors.Is(err, errDown) {
			t.Errorf("cancelled while it waits: %d calls in %v, %v; want 1 in 100ms", backend.calls, took, err)
		}
	})
}
