package wsconn_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A crowd is of the connections that were ever opened: some are there, some are gone,
// and the kernel gives their descriptors to the next.
type crowd struct {
	mu    sync.Mutex
	conns []*wsconn.Conn
}

func (cr *crowd) add(c *wsconn.Conn) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	if cr.conns = append(cr.conns, c); len(cr.conns) > 64 {
		cr.conns = cr.conns[1:]
	}
}

func (cr *crowd) any(rng *rand.Rand) *wsconn.Conn {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	if len(cr.conns) == 0 {
		return nil
	}
	return cr.conns[rng.IntN(len(cr.conns))]
}

// Some write to connections that are closed meanwhile, and whose descriptors, slots
// and memory others get. Each client reads what is addressed to it, and nothing else.
func TestDescriptorsAreUsedAgain(t *testing.T) {
	rounds := 40
	if heavy() {
		rounds = 250
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		var all crowd
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, _ []byte) {
			for range 3 { // in a batch, of which a part may be lost with the client
				c.Write(op, []byte(c.ID().String()))
			}
		})
		handler.onOpen = func(c *wsconn.Conn) {
			<-handler.opened
			c.Write(ws.OpText, []byte(c.ID().String()))
			all.add(c)
		}
		handler.onClose = func(*wsconn.Conn, error) {
			select {
			case <-handler.closed:
			default:
			}
		}
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)

		var done atomic.Bool
		var writers, clients sync.WaitGroup
		for i := range 3 {
			writers.Go(func() { hammer(server, &all, rand.New(rand.NewPCG(seed, uint64(i))), &done) })
		}
		for i := range 8 {
			rng := rand.New(rand.NewPCG(seed, uint64(100+i)))
			clients.Go(func() {
				for range rounds {
					comeAndGo(t, addr, rng)
				}
			})
		}
		clients.Wait()
		done.Store(true)
		writers.Wait()
		expectEmptyBooks(t, server)
	})
}

// hammer writes to whoever is or was there, and closes some.
func hammer(server *wsconn.Server, all *crowd, rng *rand.Rand, done *atomic.Bool) {
	for !done.Load() {
		c := all.any(rng)
		if c == nil {
			time.Sleep(time.Millisecond)
			continue
		}
		to := []byte(c.ID().String())
		switch n := rng.IntN(40); {
		case n == 0:
			c.Close(4001, string(to))
		case n == 1:
			server.Storage.Detach(context.Background(), c.ID(), nil)
		case n < 10:
			c.Write(ws.OpText, bytes.Repeat(to, 1000))
		case n < 20:
			server.Send(c.ID(), ws.OpText, to)
		default:
			c.Write(ws.OpText, to)
		}
		if rng.IntN(20) == 0 {
			time.Sleep(50 * time.Microsecond)
		}
	}
}

// comeAndGo connects, reads what is addressed to it, and ends somehow.
func comeAndGo(t *testing.T, addr string, rng *rand.Rand) {
	c := connect(t, addr)
	defer c.reset()
	hello, err := readFrame(c.r)
	if err != nil || hello.Header.OpCode != ws.OpText {
		t.Errorf("read %+v, %v, want its id", hello.Header, err)
		return
	}
	me := string(hello.Payload)
	if rng.IntN(2) == 0 {
		c.nc.Write(bytes.Repeat(masked(finText, nil), 1+rng.IntN(100)))
	}
	for range rng.IntN(30) {
		f, err := readFrame(c.r)
		if err != nil {
			t.Errorf("the stream of %s ends with %v", me, err)
			return
		}
		if f.Header.OpCode == ws.OpClose {
			if _, reason := ws.ParseCloseFrameData(f.Payload); reason != me && reason != "detached" {
				t.Errorf("%s is closed with %q", me, reason)
			}
			break
		}
		if rest := bytes.ReplaceAll(f.Payload, []byte(me), nil); len(rest) != 0 {
			t.Errorf("%s reads %.60q", me, f.Payload)
			return
		}
	}
	switch rng.IntN(4) {
	case 0:
		c.nc.Write(closing(1000, ""))
	case 1:
		c.nc.Write(bytes.Repeat(masked(finText, nil), 100))
	case 2:
		c.nc.Close()
	}
}
