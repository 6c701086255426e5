package clientstorage_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A slow driver takes its time to save, or fails.
type slow struct {
	clientstorage.MemoryDriver
	mu   sync.Mutex
	save func(key string) (time.Duration, error)
}

func (s *slow) Save(ctx context.Context, key string, v []byte, ttl time.Duration) error {
	s.mu.Lock()
	f := s.save
	s.mu.Unlock()
	if f != nil {
		d, err := f(key)
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	return s.MemoryDriver.Save(ctx, key, v, ttl)
}

// A heartbeat may name the next level before the goroutine that brings it in has
// noticed that all of its lists are written.
func TestLevelNamedByHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &slow{}
		a := newWith(t, d, clientstorage.Options{Timeout: 6 * time.Second})
		b := newShared(t, d)
		for i := range 2048 {
			attach(t, a, fmt.Sprint("user", i))
		}
		began := time.Now()
		d.mu.Lock()
		d.save = func(key string) (time.Duration, error) {
			since := time.Since(began)
			switch {
			case strings.Contains(key, ":7:"):
				return 2500 * time.Millisecond, nil
			case strings.Contains(key, ":l:") && since > 5*time.Second && since < 7*time.Second:
				return 1500 * time.Millisecond, nil
			}
			return 0, nil
		}
		d.mu.Unlock()
		time.Sleep(1300 * time.Millisecond)
		go a.Attach(context.Background(), clientstorage.Client{User: "user2048"}) // now there are to be 128 lists
		time.Sleep(5200 * time.Millisecond)
		go a.Attach(context.Background(), clientstorage.Client{User: "another"})
		time.Sleep(6 * time.Second)
		p, err := b.Online(t.Context(), "user0")
		if err != nil || !p.Online["user0"] {
			t.Errorf("Online: %v, %v", p, err)
		}
	})
}

// A list of the next level that the cache refuses keeps the level as it is, and
// does not make the cache look as if it were down.
func TestLevelWithOneListRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &slow{}
		var log bytes.Buffer
		a, err := clientstorage.New(d, &clientstorage.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close(context.Background())
		b := newShared(t, d)
		d.save = func(key string) (time.Duration, error) {
			if strings.HasSuffix(key, ":7:5") {
				return 0, errDown
			}
			return 0, nil
		}
		for i := range 2049 {
			attach(t, a, fmt.Sprint("user", i))
		}
		time.Sleep(time.Minute + 100*time.Millisecond)
		late := 0
		for range 20 {
			c := attach(t, a, "user7")
			time.Sleep(time.Millisecond)
			if _, err := b.Lookup(t.Context(), c.ID); err != nil {
				late++
			}
			time.Sleep(137 * time.Millisecond)
		}
		if n := strings.Count(log.String(), "the cache fails"); n > 2 || late > 0 {
			t.Errorf("in a minute, %d times 'the cache fails'; %d of 20 clients were not visible after Attach", n, late)
		}
	})
}

// A hooked driver asks what to do with a call.
type hooked struct {
	recorder
	hm       sync.Mutex
	fetched  func(key string)
	saving   func(key string) error
	deleting func(key string) (late time.Duration)
}

func newHooked() *hooked {
	return &hooked{recorder: recorder{keys: map[string]bool{}}}
}

func (h *hooked) Fetch(ctx context.Context, key string) ([]byte, error) {
	v, err := h.recorder.Fetch(ctx, key)
	h.hm.Lock()
	f := h.fetched
	h.hm.Unlock()
	if f != nil {
		f(key)
	}
	return v, err
}

func (h *hooked) Save(ctx context.Context, key string, v []byte, ttl time.Duration) error {
	h.hm.Lock()
	f := h.saving
	h.hm.Unlock()
	if f != nil {
		if err := f(key); err != nil {
			return err
		}
	}
	return h.recorder.Save(ctx, key, v, ttl)
}

func (h *hooked) Delete(ctx context.Context, key string) error {
	var late time.Duration
	h.hm.Lock()
	if h.deleting != nil {
		late = h.deleting(key)
	}
	h.hm.Unlock()
	if late == 0 {
		return h.recorder.Delete(ctx, key)
	}
	go func() {
		time.Sleep(late)
		h.recorder.Delete(context.Background(), key)
	}()
	return errDown
}

// What is read back of a level that is retired meanwhile must not bring its lists
// back.
func TestLevelRetiredWhileInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newHooked()
		a := newShared(t, d)
		for i := range 2048 {
			attach(t, a, fmt.Sprint("user", i))
		}
		time.Sleep(500 * time.Millisecond)
		set := func(f func()) {
			d.hm.Lock()
			defer d.hm.Unlock()
			f()
		}
		set(func() {
			d.saving = func(key string) error {
				if strings.Contains(key, ":6:") {
					return errDown
				}
				return nil
			}
		})
		attach(t, a, "user0")
		set(func() { d.saving = nil })
		time.Sleep(5 * time.Second) // 5.5
		set(func() {
			d.fetched = func(key string) {
				if strings.Contains(key, ":6:") {
					time.Sleep(time.Second)
				}
			}
		})
		time.Sleep(700 * time.Millisecond) // 6.2: settle is reading
		attach(t, a, "one more")           // to level 7
		time.Sleep(300 * time.Millisecond)
		for range 40 {
			attach(t, a, "user0")
		}
		time.Sleep(time.Hour)
		if got := levels(&d.recorder); len(got) != 1 {
			t.Errorf("an hour later, there are lists of levels %q", got)
		}
	})
}

// A deletion of old lists whose outcome is unknown may arrive late. It must not
// meet the lists of the same level that has come back.
func TestLevelComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newHooked()
		a, b := newShared(t, d), newShared(t, d)
		var clients []*clientstorage.Client
		for i := range 2049 {
			clients = append(clients, attach(t, a, fmt.Sprint("user", i)))
		}
		failed := time.Time{}
		d.hm.Lock()
		d.deleting = func(key string) time.Duration {
			if strings.Contains(key, ":6:") && (failed.IsZero() || time.Now().Equal(failed)) {
				failed = time.Now()
				return 5 * time.Second
			}
			return 0
		}
		d.hm.Unlock()
		for {
			time.Sleep(100 * time.Millisecond)
			d.hm.Lock()
			f := failed
			d.hm.Unlock()
			if !f.IsZero() && time.Since(f) > 3*time.Second {
				break
			}
		}
		for _, c := range clients[400:] {
			detach(t, a, c)
		}
		time.Sleep(time.Minute)
		lost := 0
		for i := range 400 {
			user := fmt.Sprint("user", i)
			if p, err := b.Online(t.Context(), user); err != nil || !p.Online[user] {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("a minute later, %d users of 400 are not online (levels %v)", lost, levels(&d.recorder))
		}
	})
}

// A write of an old list that ends after the level has changed must not make
// those wait who have waited for the list.
func TestLevelChangesDuringAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &slow{}
		a := newWith(t, d, clientstorage.Options{Timeout: 6 * time.Second})
		var clients []*clientstorage.Client
		for i := range 2048 { // full pages, and as many users as 64 lists have
			clients = append(clients, attach(t, a, fmt.Sprint("user", i)))
		}
		time.Sleep(time.Second)
		slowly := "rollcall:u:" + a.Node().String() + ":6:" + strconv.FormatUint(uint64(bucket(a, "user0")), 36)
		d.mu.Lock()
		d.save = func(key string) (time.Duration, error) {
			if key == slowly {
				return 500 * time.Millisecond, nil
			}
			return 0, nil
		}
		d.mu.Unlock()
		go a.Attach(t.Context(), clientstorage.Client{User: "user0"}) // its list is on the way now
		time.Sleep(time.Millisecond)
		// Another user of that list comes while it is on the way.
		neighbour := "user1"
		for i := 1; bucket(a, neighbour) != bucket(a, "user0"); i++ {
			neighbour = fmt.Sprint("user", i)
		}
		waited := make(chan time.Duration)
		go func() {
			began := time.Now()
			attach(t, a, neighbour)
			waited <- time.Since(began)
		}()
		time.Sleep(time.Millisecond)
		for i := range 3 { // meanwhile the level changes
			detach(t, a, clients[100+100*i])
			go a.Attach(context.Background(), clientstorage.Client{User: fmt.Sprint("new", i)})
			go a.Attach(context.Background(), clientstorage.Client{User: fmt.Sprint("newer", i)})
			time.Sleep(time.Millisecond)
		}
		if took := <-waited; took > 3*time.Second {
			t.Errorf("Attach waited %v for a list that is not kept any more", took)
		}
	})
}

// bucket returns the number of the list of level 6 that a user is on.
func bucket(s *clientstorage.Storage, user string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s.Node().String() + user))
	return h.Sum32() & 63
}
