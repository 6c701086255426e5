package wsconn_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// This file is about those who are hostile before they are let in.

// heavy reports whether a test may take all that the machine has: in one mode only,
// and not under the race detector.
func heavy() bool { return mode == modeBare && !raced && !testing.Short() }

// expectEmptyBooks waits until nothing is left of anybody in the server.
func expectEmptyBooks(t testing.TB, s *wsconn.Server) {
	t.Helper()
	empty := func() bool { return attached(s) == 0 && s.Books().Empty() }
	eventually(t, "nothing is left in the books", empty)
	if !empty() {
		t.Logf("%d are attached, the books have %+v", attached(s), s.Books())
	}
}

// visit connects, echoes and leaves.
func visit(t testing.TB, addr string) {
	t.Helper()
	c := connect(t, addr)
	c.expectEcho("hello")
	c.leave()
}

// thousands opens n connections that say the beginning of a request.
func thousands(t *testing.T, addr string, n int, begin string) []net.Conn {
	conns := make([]net.Conn, n)
	t.Cleanup(func() {
		for _, nc := range conns {
			if nc != nil {
				nc.Close()
			}
		}
	})
	for i := range conns {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		conns[i] = nc
		nc.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(nc, begin); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	return conns
}

// Thousands begin a handshake and never end it, some in silence, some by a byte now
// and then. The others do not notice, and when the time is up all of them are told so.
func TestSlowloris(t *testing.T) {
	t.Parallel()
	n := 2000
	if heavy() {
		n = 5000
	}
	handler := newRecorder(t, echo)
	server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{HandshakeTimeout: 4 * time.Second}}
	addr := startServe(t, server)
	silent := thousands(t, addr, n/4, "")
	begun := thousands(t, addr, n/4, "GET /chat HTTP/1.1\r\nHost: exa")
	dripping := thousands(t, addr, n-2*(n/4), "GET /chat HTTP/1.1\r\nX: ")
	stop := drip(dripping)

	var good sync.WaitGroup
	for range 4 {
		good.Go(func() {
			for range 10 {
				visit(t, addr)
			}
		})
	}
	good.Wait()
	for _, nc := range append(silent, begun...) {
		expectTimeout(t, nc, true)
	}
	stop()
	for _, nc := range dripping {
		expectTimeout(t, nc, false)
	}
	if o, c := handler.opens.Load(), handler.closes.Load(); o != 40 || c != 40 {
		t.Errorf("%d OnOpen, %d OnClose, want 40 of each", o, c)
	}
	expectEmptyBooks(t, server)
}

// drip has all of them send a byte, again and again.
func drip(conns []net.Conn) (stop func()) {
	stopped := make(chan struct{})
	var dripping sync.WaitGroup
	dripping.Go(func() {
		for {
			for _, nc := range conns {
				nc.Write([]byte("x")) // it fails when the server has hung up
			}
			select {
			case <-stopped:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	return func() {
		close(stopped)
		dripping.Wait()
	}
}

// expectTimeout reads the whole answer of a server that has waited long enough. One
// that sends on may be reset behind it.
func expectTimeout(t *testing.T, nc net.Conn, properly bool) {
	t.Helper()
	b, err := io.ReadAll(nc)
	if !bytes.HasPrefix(b, []byte("HTTP/1.1 408 ")) || properly && err != nil {
		t.Fatalf("read %q, %v, want 408 and the end", b, err)
	}
}

// A header may come byte by byte, up to all that it may be.
func TestHeaderByteByByte(t *testing.T) {
	t.Parallel()
	handler := newRecorder(t, echo)
	server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{HandshakeTimeout: never}}
	addr := startServe(t, server)
	lines := func(n int) request { // with the first and the last
		r := upgrade(addr)
		for len(r) < n-1 {
			r = r.with("A: b")
		}
		return r
	}
	for name, test := range map[string]struct {
		request request
		status  int
	}{
		"8 KiB":          {padded(addr, 8<<10), http.StatusSwitchingProtocols},
		"a byte more":    {padded(addr, 8<<10+1), http.StatusRequestHeaderFieldsTooLarge},
		"100 lines":      {lines(100), http.StatusSwitchingProtocols},
		"one line more":  {lines(101), http.StatusRequestHeaderFieldsTooLarge},
		"not a header":   {request{"\x16\x03\x01"}, http.StatusBadRequest},
		"no end of line": {request{strings.Repeat("x", 8<<10)}, http.StatusRequestHeaderFieldsTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, addr)
			for _, b := range []byte(test.request.String()) {
				if _, err := c.nc.Write([]byte{b}); err != nil {
					break // it has heard enough
				}
			}
			if response := c.response(); response.StatusCode != test.status {
				t.Fatalf("the answer is %s, want %d", response.Status, test.status)
			}
			if test.status == http.StatusSwitchingProtocols {
				c.expectEcho("hello")
				c.leave()
			}
		})
	}
	t.Cleanup(func() { expectEmptyBooks(t, server) })
}

// A header comes in two pieces, of which the second is all that the kernel takes.
func TestHeaderInLargePieces(t *testing.T) {
	for name, limit := range map[string]int{"default": 0, "16 KiB": 16 << 10, "64 KiB": 64 << 10, "200 KiB": 200 << 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{MaxHeaderBytes: limit}}
			addr := startServe(t, server)
			most := max(limit, 8<<10)
			for _, first := range []int{1, 5000, most - 1} {
				for _, size := range []int{most, most + 1, 3 * most} {
					c := dial(t, addr)
					whole := []byte(padded(addr, size).String())
					c.nc.Write(whole[:first])
					visit(t, addr) // the server has read that by now, or most of the time
					c.nc.Write(whole[first:])
					want := http.StatusRequestHeaderFieldsTooLarge
					if size == most {
						want = http.StatusSwitchingProtocols
					}
					if response := c.response(); response.StatusCode != want {
						t.Fatalf("%d bytes and %d more: the answer is %s, want %d", first, size-first, response.Status, want)
					}
					if size == most {
						c.leave()
					}
				}
			}
			expectEmptyBooks(t, server)
		})
	}
}

// What is for all is for those who were let in.
func TestBroadcastIsNotForStrangers(t *testing.T) {
	t.Parallel()
	server := &wsconn.Server{Handler: newRecorder(t, echo)}
	addr := startServe(t, server)
	stranger, other := dial(t, addr), dial(t, addr)
	other.send([]byte("GET /chat HTTP/1.1\r\n"))
	member := connect(t, addr)
	member.expectEcho("the others are accepted by now")
	eventually(t, "all are accepted", func() bool { return server.Books().Slots == 3 })
	if err := server.Broadcast(ws.OpText, []byte("for members")); err != nil {
		t.Error(err)
	}
	member.expect(ws.OpText, []byte("for members"))
	stranger.enter(upgrade(addr))
	stranger.expectEcho("hello")
	stranger.leave()
	other.enter(upgrade(addr).starting("X: y"))
	other.leave()
	member.leave()
}

// One address opens all the connections that it can. It gets some, and the others are
// turned away; and those of other addresses are not.
func TestFloodFromOneAddress(t *testing.T) {
	const most, flood = 10, 500
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{MaxPerAddress: most}}
		addr := start(t, server)
		var in []*client
		for range most {
			in = append(in, connect(t, addr))
		}
		elsewhere := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		for i := range flood {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			nc.SetDeadline(time.Now().Add(patience))
			io.WriteString(nc, upgrade(addr).String())
			response, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil || response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") == "" {
				t.Fatalf("the answer to connection %d is %+v, %v", i, response, err)
			}
			nc.Close()
			if i%100 == 0 {
				other, err := elsewhere.Dial("tcp", addr)
				if err != nil {
					t.Fatal("there is no other address:", err)
				}
				c := newClient(t, other)
				c.enter(upgrade(addr))
				c.expectEcho("from elsewhere")
				c.leave()
				in[i/100].expectEcho("still here")
			}
		}
		for _, c := range in {
			c.leave()
		}
		expectEmptyBooks(t, server)
		visit(t, addr)
	})
}
