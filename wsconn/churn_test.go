package wsconn_test

import (
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/wsconn"
)

// churns is how many connections TestChurn opens.
func churns() int {
	switch {
	case !heavy():
		return 1500
	case os.Getenv("ROLLCALL_VERIFY") == "long":
		return 100_000
	default:
		return 10_000
	}
}

// Clients come and go for as long as it takes. What the server has of them does not
// grow, and in the end it has nothing. ROLLCALL_VERIFY=long has 100,000 of them.
func TestChurn(t *testing.T) { // not parallel, as it counts descriptors and goroutines
	const workers = 8
	n := churns()
	seed := seedOf(t)
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close() // so that the runtime has the descriptors that it keeps
	}
	files, goroutines := descriptors(), runtime.NumGoroutine()
	handler := &ledger{t: t, lives: make(map[*wsconn.Conn]*lifeOf)}
	server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{MaxPerAddress: n}}
	t.Run("churn", func(t *testing.T) {
		addr := startServe(t, server)
		var next atomic.Int64
		var running sync.WaitGroup
		for i := range workers {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			running.Go(func() {
				for i := next.Add(1); i <= int64(n) && !t.Failed(); i = next.Add(1) {
					churn(t, addr, rng)
					if i%500 == 0 {
						handler.forget()
					}
				}
			})
		}
		running.Wait()
		expectEmptyBooks(t, server)
		eventually(t, "every OnClose has returned", func() bool { // after its socket is closed, maybe
			handler.forget()
			handler.mu.Lock()
			defer handler.mu.Unlock()
			return len(handler.lives) == 0
		})
		// The slots of those who are gone are used again.
		if used := server.Books().Used; used > max(n/5, 1000) {
			t.Errorf("%d slots were used for %d clients at a time", used, workers)
		}
	})
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, "no descriptor is left", func() bool { return descriptors() <= files })
}

// forget forgets those who were closed.
func (l *ledger) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, life := range l.lives {
		if life.closes == 1 && life.inside.Load() == 0 {
			delete(l.lives, c)
		}
	}
}

// churn comes from some address and ends somehow, with a reset at last, so that the
// kernel keeps no port for it.
func churn(t *testing.T, addr string, rng *rand.Rand) {
	dialer := &net.Dialer{}
	if runtime.GOOS == "linux" { // which has all of 127/8
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, byte(rng.IntN(4)), byte(2+rng.IntN(200)))}
	}
	nc, err := dialer.Dial("tcp", addr)
	if err != nil {
		t.Errorf("cannot connect: %v", err)
		return
	}
	nc.SetDeadline(time.Now().Add(patience))
	nc.(*net.TCPConn).SetLinger(0)
	defer nc.Close()
	var b [300]byte
	switch n := rng.IntN(10); {
	case n == 0: // without a word
	case n == 1:
		nc.Write([]byte("GET / HTTP/1.1\r\n"))
	case n == 2: // without reading the answer
		nc.Write([]byte(upgrade(addr).String()))
	default:
		nc.Write([]byte(upgrade(addr).String()))
		if _, err := nc.Read(b[:]); err != nil {
			t.Errorf("no answer: %v", err)
		}
		if n < 6 {
			nc.Write(masked(finText, []byte("hello")))
			nc.Read(b[:])
		}
		if n%2 == 0 {
			nc.Write(closing(1000, ""))
			for err := error(nil); err == nil; {
				_, err = nc.Read(b[:])
			}
		}
	}
}
