package wsconn_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// seedOf returns what a random test draws from; ROLLCALL_VERIFY_SEED repeats one.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ROLLCALL_VERIFY_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("ROLLCALL_VERIFY_SEED=%s is no seed", text)
		}
	}
	t.Logf("ROLLCALL_VERIFY_SEED=%d repeats what is drawn, though not in which order it happens", seed)
	return seed
}

// Many connections end in every way there is, several at once, while the server
// goes on or shuts down. Each is opened and closed once, each client attached and
// detached once, and nothing is left.
func TestRandomLives(t *testing.T) { // not parallel, as it counts descriptors and goroutines
	seed := seedOf(t)
	for i, test := range []struct {
		name                 string
		both, shutdown, gone bool
	}{
		{"until they leave", false, false, false},
		{"with all hooks", true, false, true},
		{"until it shuts down", false, true, true},
		{"with all hooks, until it shuts down", true, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			files, goroutines := descriptors(), runtime.NumGoroutine()
			w := newWorld(t, seed+uint64(i), test.both, test.gone)
			w.run(test.shutdown)
			eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
			eventually(t, "no descriptor is left", func() bool { return descriptors() <= files })
		})
	}
}

// descriptors counts the open files, where the system tells.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// A world is a server and all who want something of it.
type world struct {
	t      *testing.T
	seed   uint64
	store  *sessions
	server *wsconn.Server
	addr   string
	ledger *ledger
	over   atomic.Bool
}

const citizens = 12 // users with a session

func newWorld(t *testing.T, seed uint64, both, gone bool) *world {
	w := &world{t: t, seed: seed, store: newSessions()}
	for i := range citizens {
		w.signIn(i)
	}
	storage, err := clientstorage.New(nil, &clientstorage.Options{PerUser: clientstorage.Limit{Max: 3, DetachOldest: true}})
	if err != nil {
		t.Fatal(err)
	}
	w.ledger = &ledger{
		t: t, lives: make(map[*wsconn.Conn]*lifeOf),
		attached: make(map[clientstorage.ID]int), detached: make(map[clientstorage.ID]int),
	}
	storage.Hook(w.ledger.hooks(both))
	opts := firewall.Options{}
	if gone {
		opts.Gone = firewall.DowngradeGone
	}
	w.server = &wsconn.Server{
		Storage: storage, Firewall: w.store.firewall(t, opts), Handler: w.ledger,
		Limits: wsconn.Limits{
			CloseTimeout: 50 * time.Millisecond, WriteTimeout: 200 * time.Millisecond, MaxQueueBytes: 64 << 10,
			PingInterval: 100 * time.Millisecond, RecheckInterval: 50 * time.Millisecond, MaxPerAddress: 10_000,
		},
	}
	return w
}

func sessionOf(citizen int) string { return fmt.Sprintf("session-of-citizen-%06d", citizen) }

func (w *world) signIn(citizen int) {
	w.store.change(func() {
		w.store.byID[sessionOf(citizen)] = map[string]any{"user": fmt.Sprint("citizen-", citizen), "roles": []string{fmt.Sprint(time.Now().UnixNano())}}
	})
}

func (w *world) run(shutdown bool) {
	lives := 15
	if heavy() {
		lives = 40
	}
	l := listen(w.t)
	w.addr = l.Addr().String()
	complete(w.t, w.server)
	served := make(chan struct{})
	go func() {
		defer close(served)
		w.server.Serve(l)
	}()
	var clients, powers sync.WaitGroup
	for i := range 3 {
		powers.Go(func() { w.power(rand.New(rand.NewPCG(w.seed, uint64(i)))) })
	}
	for i := range 24 {
		clients.Go(func() {
			rng := rand.New(rand.NewPCG(w.seed, uint64(1000+i)))
			for range lives {
				w.life(rng)
			}
		})
	}
	if shutdown {
		eventually(w.t, "half of them have lived", func() bool {
			w.ledger.mu.Lock()
			defer w.ledger.mu.Unlock()
			return w.ledger.closed > 24*lives/3
		})
		w.shutdown()
	}
	clients.Wait()
	w.over.Store(true)
	powers.Wait()
	if !shutdown {
		expectEmptyBooks(w.t, w.server)
		w.shutdown()
	}
	<-served
	w.check()
}

func (w *world) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.server.Shutdown(ctx); err != nil {
		w.t.Errorf("Shutdown returns %v", err)
	}
}

// check checks what must hold in the end.
func (w *world) check() {
	if n, books := attached(w.server), w.server.Books(); n != 0 || !books.Empty() {
		w.t.Errorf("%d are attached, the books have %+v", n, books)
	}
	l := w.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, life := range l.lives {
		if life.opens != 1 || life.closes != 1 || life.inside.Load() != 0 {
			w.t.Errorf("%d OnOpen, %d OnClose", life.opens, life.closes)
		}
	}
	for id := range l.attached {
		if l.detached[id] != 1 {
			w.t.Errorf("%v was attached, and detached %d times", id, l.detached[id])
		}
	}
	if len(l.attached) > 0 && len(l.attached) != len(l.detached) || len(l.detached) < len(l.lives) {
		w.t.Errorf("%d connections, %d were attached, %d detached", len(l.lives), len(l.attached), len(l.detached))
	}
	w.t.Logf("%d connections, %d clients", len(l.lives), len(l.detached))
}

// power ends connections from the server's side.
func (w *world) power(rng *rand.Rand) {
	ctx := context.Background()
	for !w.over.Load() {
		time.Sleep(time.Duration(rng.IntN(2000)) * time.Microsecond)
		c := w.ledger.any(rng)
		if c == nil {
			continue
		}
		switch rng.IntN(9) {
		case 0:
			c.Close(ws.StatusCode(4000+rng.IntN(100)), "go")
		case 1:
			w.server.Storage.Detach(ctx, c.ID(), nil)
		case 2:
			w.server.Storage.Detach(ctx, c.ID(), wsconn.CloseError{Code: 4003, Reason: "banned"})
		case 3:
			citizen := rng.IntN(citizens)
			w.store.change(func() { delete(w.store.byID, sessionOf(citizen)) })
			w.server.RecheckSession(ctx, sessionOf(citizen))
			w.signIn(citizen)
		case 4:
			citizen := rng.IntN(citizens)
			w.signIn(citizen) // with other roles
			w.server.RecheckUser(ctx, fmt.Sprint("citizen-", citizen))
		case 5:
			c.Write(ws.OpBinary, make([]byte, 300<<10))
		case 6:
			w.server.Broadcast(ws.OpText, payload(rng.IntN(3000)))
		case 7: // two at once
			go c.Close(4001, "go")
			w.server.Storage.Detach(ctx, c.ID(), nil)
		case 8:
			w.server.SendUser(c.Client().User, ws.OpText, payload(100))
		}
	}
}

// life is that of one client. Errors are part of it.
func (w *world) life(rng *rand.Rand) {
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		return
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	request := upgrade(w.addr)
	if citizen := rng.IntN(citizens * 3 / 2); citizen < citizens {
		request = request.with(cookie(sessionOf(citizen)))
	}
	whole := []byte(request.String())
	if rng.IntN(10) == 0 {
		whole = whole[:rng.IntN(len(whole))]
	}
	if rng.IntN(5) == 0 { // all at once
		whole = append(whole, masked(finText, payload(rng.IntN(1000)))...)
	}
	nc.Write(whole)
	for range rng.IntN(20) {
		var buf [4 << 10]byte
		switch n := rng.IntN(20); {
		case n < 8:
			_, err = nc.Write(masked(finText, payload(rng.IntN(3000))))
		case n < 10:
			_, err = nc.Write(masked(finPing, payload(rng.IntN(126))))
		case n < 16:
			nc.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			nc.Read(buf[:])
		case n < 17:
			_, err = nc.Write(closing(1000, "bye"))
		case n < 18:
			err = nc.(*net.TCPConn).CloseWrite()
		case n < 19:
			_, err = nc.Write(masked(finText, []byte("\xff")))
		default:
			time.Sleep(time.Duration(rng.IntN(150)) * time.Millisecond) // maybe for longer than it may
		}
		if err != nil {
			break
		}
	}
	if rng.IntN(2) == 0 {
		nc.(*net.TCPConn).SetLinger(0)
	}
}
