package firewall_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
)

// watched is a store that tells what a test lets it tell.
type watched struct {
	*sessions
	tell  chan []string
	err   error
	calls atomic.Int32
}

func (w *watched) Watch(ctx context.Context, changed func([]string)) error {
	w.calls.Add(1)
	for {
		select {
		case ids, ok := <-w.tell:
			if !ok {
				return w.err
			}
			changed(ids)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &watched{sessions: &sessions{}, tell: make(chan []string)}
		by, other := bySession(store), bySession(store.sessions)
		by.Instant = true
		other.Cookie.Name = "OTHER"
		fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{other, by} })
		store.put(sid, map[string]any{"user": "alice"})
		store.put("bob"+sid, map[string]any{"user": "bob"})
		alice, bob := enter(t, fw, sid), enter(t, fw, "bob"+sid)
		elsewhere, err := fw.Authenticate(t.Context(), &firewall.Request{Cookie: "OTHER=" + sid})
		if err != nil {
			t.Fatal(err)
		}

		var heard []string
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			fw.Watch(ctx, func(concerns func(*firewall.Identity) bool) {
				heard = append(heard, fmt.Sprint(concerns(alice), concerns(bob), concerns(elsewhere)))
			})
		}()
		expect := func(want ...string) {
			t.Helper()
			time.Sleep(time.Second)
			synctest.Wait()
			if strings.Join(heard, "; ") != strings.Join(want, "; ") {
				t.Errorf("heard %q, want %q", heard, want)
			}
			heard = nil
		}
		expect()
		store.tell <- []string{sid, "unknown"}
		expect("true false false")
		store.tell <- []string{sid}
		store.tell <- []string{"bob" + sid}
		expect("true true false") // gathered
		store.tell <- nil
		expect("true true false")
		store.tell <- []string{"unknown"}
		expect("false false false")
		for i := range 300 {
			batch := make([]string, 100)
			for j := range batch {
				batch[j] = fmt.Sprint(i, ",", j)
			}
			store.tell <- batch
		}
		expect("true true false") // too many to remember

		// When it breaks, it is tried again.
		store.err = errors.New("connection lost")
		old := store.tell
		store.tell = make(chan []string)
		close(old)
		time.Sleep(6 * time.Second)
		store.tell <- []string{sid}
		expect("true false false")
		if n := store.calls.Load(); n != 2 {
			t.Errorf("%d watches", n)
		}
		cancel()
		<-done
	})
}

// What cannot be watched is said, and nobody waits for it.
func TestWatchUnsupported(t *testing.T) {
	store := &watched{sessions: &sessions{}, tell: make(chan []string), err: errors.ErrUnsupported}
	close(store.tell)
	by, deaf, quiet := bySession(store), bySession(store.sessions), bySession(store)
	by.Instant, deaf.Instant = true, true
	fw, log := newFirewall(t, nil, func(o *firewall.Options) { o.Authenticators = []firewall.Authenticator{by, deaf, quiet} })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	fw.Watch(ctx, func(func(*firewall.Identity) bool) { t.Error("something was heard") })
	if n := strings.Count(log.String(), "cannot be watched"); n != 2 || store.calls.Load() != 1 {
		t.Errorf("%d warnings, %d watches: %s", n, store.calls.Load(), log)
	}
	(&firewall.Firewall{}).Watch(t.Context(), nil) // returns
}
