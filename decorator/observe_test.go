package decorator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

func TestObserve(t *testing.T) {
	type want struct {
		op          decorator.Operation
		keys, found int
		outcome     decorator.Outcome
		err         error
	}
	corrupt := fmt.Errorf("seal: %w", clientstorage.ErrCorrupt)
	tests := []struct {
		operation string
		held      []string // keys in the backend
		err       error    // of every operation of the backend, if there is one
		cancel    bool
		want      want
	}{
		{"Fetch", []string{"key"}, nil, false, want{decorator.OpFetch, 1, 1, decorator.OutcomeHit, nil}},
		{"Fetch", nil, nil, false, want{decorator.OpFetch, 1, 0, decorator.OutcomeMiss, nil}},
		{"Fetch", nil, corrupt, false, want{decorator.OpFetch, 1, 0, decorator.OutcomeCorrupt, corrupt}},
		{"Fetch", nil, errDown, false, want{decorator.OpFetch, 1, 0, decorator.OutcomeFailed, errDown}},
		{"Fetch", nil, context.DeadlineExceeded, false, want{decorator.OpFetch, 1, 0, decorator.OutcomeFailed, context.DeadlineExceeded}},
		{"Fetch", nil, nil, true, want{decorator.OpFetch, 1, 0, decorator.OutcomeCanceled, context.Canceled}},
		{"FetchMany", []string{"key", "other"}, nil, false, want{decorator.OpFetch, 2, 2, decorator.OutcomeHit, nil}},
		{"FetchMany", []string{"key"}, nil, false, want{decorator.OpFetch, 2, 1, decorator.OutcomeMiss, nil}},
		{"FetchMany", nil, corrupt, false, want{decorator.OpFetch, 2, 0, decorator.OutcomeCorrupt, corrupt}},
		{"Save", nil, nil, false, want{decorator.OpSave, 1, 0, decorator.OutcomeOK, nil}},
		{"Save", nil, errDown, false, want{decorator.OpSave, 1, 0, decorator.OutcomeFailed, errDown}},
		{"Save", nil, nil, true, want{decorator.OpSave, 1, 0, decorator.OutcomeCanceled, context.Canceled}},
		{"SaveMany", nil, nil, false, want{decorator.OpSave, 2, 0, decorator.OutcomeOK, nil}},
		{"Delete", nil, nil, false, want{decorator.OpDelete, 1, 0, decorator.OutcomeOK, nil}},
		{"DeleteMany", nil, errDown, false, want{decorator.OpDelete, 2, 0, decorator.OutcomeFailed, errDown}},
	}
	for _, test := range tests {
		t.Run(test.operation+" "+string(test.want.outcome), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory := new(clientstorage.MemoryDriver)
				for _, key := range test.held {
					memory.Save(t.Context(), key, []byte("value"), time.Minute)
				}
				var events []decorator.Event
				d := decorator.Observe(late{memory, test.err}, func(_ context.Context, e decorator.Event) {
					events = append(events, e)
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.cancel {
					cancel()
				}
				operations[test.operation](ctx, d)
				if len(events) != 1 {
					t.Fatalf("%d events; want 1", len(events))
				}
				e := events[0]
				if got := (want{e.Operation, e.Keys, e.Found, e.Outcome, test.want.err}); got != test.want || !errors.Is(e.Err, test.want.err) {
					t.Errorf("got %+v; want %+v", e, test.want)
				}
				if e.Duration < time.Second {
					t.Errorf("the duration is %v; the backend took at least 1s", e.Duration)
				}
			})
		})
	}
}

// late answers a second later, with err if that is not nil.
type late struct {
	clientstorage.Driver
	err error
}

func (l late) wait() error {
	time.Sleep(time.Second)
	return l.err
}

func (l late) Fetch(ctx context.Context, key string) ([]byte, error) {
	if err := l.wait(); err != nil {
		return nil, err
	}
	return l.Driver.Fetch(ctx, key)
}

func (l late) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := l.wait(); err != nil {
		return err
	}
	return l.Driver.Save(ctx, key, value, ttl)
}

func (l late) Delete(ctx context.Context, key string) error {
	if err := l.wait(); err != nil {
		return err
	}
	return l.Driver.Delete(ctx, key)
}

func TestSlogObserver(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx := t.Context()
	memory := new(clientstorage.MemoryDriver)
	d := decorator.Observe(seal(t, memory, sealKey(1)), decorator.SlogObserver(logger))

	logs := func(want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("the log lacks %q: %s", w, out.String())
			}
		}
		if strings.Contains(out.String(), "alice") {
			t.Errorf("the log names a key or a value: %s", out.String())
		}
		out.Reset()
	}
	d.Save(ctx, "key-of-alice", []byte("alice"), time.Minute)
	logs("level=DEBUG", "operation=save", "outcome=ok", "keys=1")
	d.Fetch(ctx, "key-of-alice")
	logs("level=DEBUG", "operation=fetch", "outcome=hit", "found=1")
	memory.Save(ctx, "key-of-alice", []byte("hello, this is alice, and not sealed at all"), time.Minute)
	d.Fetch(ctx, "key-of-alice")
	logs("level=WARN", "outcome=corrupt", "err=")
	d.Delete(ctx, "key-of-alice")
	logs("level=DEBUG", "operation=delete", "outcome=ok")
}

func TestSlogObserverDisabled(t *testing.T) {
	hook := decorator.SlogObserver(slog.New(slog.DiscardHandler))
	ctx := t.Context()
	e := decorator.Event{Operation: decorator.OpFetch, Outcome: decorator.OutcomeFailed, Err: errDown}
	if n := testing.AllocsPerRun(100, func() { hook(ctx, e) }); n != 0 {
		t.Errorf("an event that is not logged allocates %v times", n)
	}
}
