//go:build !race

package wsconn_test

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"slices"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// These tests do not run beside others, whose allocations would count, too; nor with the
// race detector, with which sync.Pool forgets things: "make test" runs them without it.

// fewestAllocs is testing.AllocsPerRun, several times: once in a while something else
// is going on in the process.
func fewestAllocs(f func()) float64 {
	least := testing.AllocsPerRun(20, f)
	for range 10 {
		least = min(least, testing.AllocsPerRun(20, f))
	}
	return least
}

// bareDial connects to a server and returns a connection whose use allocates nothing.
func bareDial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c := connect(t, addr)
	if n := c.r.Buffered(); n != 0 {
		t.Fatalf("%d bytes came behind the handshake", n)
	}
	return c.nc
}

// A message is read, delivered and answered without an allocation.
func TestEchoAllocs(t *testing.T) {
	for name, start := range map[string]startFunc{"Serve": startServe, "ServeHTTP": startHTTP} {
		t.Run(name, func(t *testing.T) {
			server := &wsconn.Server{
				Handler: wsconn.HandlerFunc(echo),
				Limits:  wsconn.Limits{PingInterval: -1, RecheckInterval: -1},
			}
			nc := bareDial(t, start(t, server))
			defer nc.Close()
			for _, n := range []int{20, 128, 1000, 4000} {
				if perEcho := fewestMallocs(t, nc, masked(finBinary, payload(n))); perEcho >= 0.1 {
					t.Errorf("an echo of %d bytes allocates %.2f times", n, perEcho)
				}
			}
			// Several that come at once are answered at once.
			burst := slices.Concat(slices.Repeat([][]byte{masked(finText, payload(50)), masked(finPing, nil)}, 20)...)
			if perBurst := fewestMallocs(t, nc, burst); perBurst >= 0.1 {
				t.Errorf("a burst of echoes and pongs allocates %.2f times", perBurst)
			}
		})
	}
}

// fewestMallocs sends frames again and again, each time after the answer, which has
// their lengths without the masks. It returns how often that allocates, in the best
// of some rounds: after a handler seemed to take long, because the machine stood
// still, a server allocates for a while.
func fewestMallocs(t *testing.T, nc net.Conn, frames []byte) float64 {
	t.Helper()
	const rounds, perRound, enough = 60, 100, 0.1
	answer := make([]byte, len(unmask(t, frames)))
	least := float64(1 << 20)
	for range rounds {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range perRound {
			if _, err := nc.Write(frames); err != nil {
				t.Fatal(err)
			}
			for n := 0; n < len(answer); {
				m, err := nc.Read(answer[n:])
				if err != nil {
					t.Fatal(err)
				}
				n += m
			}
		}
		runtime.ReadMemStats(&after)
		least = min(least, float64(after.Mallocs-before.Mallocs)/perRound)
		if least < enough {
			break
		}
		runtime.GC() // whatever else is going on may be over after
	}
	return least
}

// unmask returns frames as a server would send them.
func unmask(t *testing.T, frames []byte) (b []byte) {
	t.Helper()
	for r := bytes.NewReader(frames); r.Len() > 0; {
		f, err := readFrame(r)
		if err != nil {
			t.Fatal(err)
		}
		f.Header.Masked = false
		b = append(b, ws.MustCompileFrame(ws.Frame{Header: f.Header, Payload: f.Payload})...)
	}
	return b
}

// To write a small message to a client that reads allocates nothing.
func TestWriteAllocs(t *testing.T) {
	handler := newRecorder(t, nil)
	server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{PingInterval: -1, RecheckInterval: -1}}
	nc := bareDial(t, startServe(t, server))
	conn := receive(t, "OnOpen", handler.opened)
	defer nc.Close()
	id, buf := conn.ID(), make([]byte, 5000)
	for _, n := range []int{0, 20, 125, 126, 1000, 4000} {
		message := payload(n)
		frame := buf[:len(ws.MustCompileFrame(ws.NewTextFrame(message)))]
		for name, write := range map[string]func() error{
			"Write": func() error { return conn.Write(ws.OpText, message) },
			"Send":  func() error { return server.Send(id, ws.OpText, message) },
		} {
			if allocs := fewestAllocs(func() {
				if err := write(); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(nc, frame); err != nil {
					t.Fatal(err)
				}
			}); allocs != 0 {
				t.Errorf("%s of %d bytes allocates %v times", name, n, allocs)
			}
		}
	}
}

// One message for many is encoded once: what it takes does not grow with them.
func TestBroadcastAllocs(t *testing.T) {
	measure := func(clients int, message []byte) float64 {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler:  handler,
			Compress: true,
			Limits:   wsconn.Limits{PingInterval: -1, RecheckInterval: -1},
		}
		addr := startServe(t, server)
		for range clients {
			connect(t, addr, offer)
			receive(t, "OnOpen", handler.opened)
		}
		return fewestAllocs(func() { server.Broadcast(ws.OpText, message) })
	}
	for name, message := range map[string][]byte{"short": words(100), "compressed": words(500)} {
		few, many := measure(5, message), measure(50, message)
		// The list of connections grows a few times.
		if many > few+8 {
			t.Errorf("Broadcast of a %s message to 5 clients allocates %v times, to 50 %v times", name, few, many)
		}
	}
}
