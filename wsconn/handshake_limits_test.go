package wsconn_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// padded returns a request of exactly n bytes.
func padded(addr string, n int) request {
	r := upgrade(addr).with("X-Pad: ")
	r[len(r)-1] += strings.Repeat("x", n-len(r.String()))
	return r
}

func TestHeaderTooLarge(t *testing.T) {
	const limit = 8 << 10 // the default
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		for _, n := range []int{limit + 1, 3 * limit, 1 << 20} {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				c := dial(t, addr)
				// The server may answer and hang up while the rest is on its way.
				c.nc.Write([]byte(padded(addr, n).String()))
				if response := c.response(); response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
					t.Errorf("the answer is %s, want 431", response.Status)
				}
				handler.expectNoCalls()
				expectNobody(t, server)
			})
		}
		t.Run("just not", func(t *testing.T) {
			c := dial(t, addr)
			c.enter(padded(addr, limit))
			c.leave()
		})
	})
}

// These four are net/http's business when it reads the handshake.

func TestTooManyHeaderLines(t *testing.T) {
	t.Parallel()
	handler := newRecorder(t, echo)
	addr := startServe(t, &wsconn.Server{Handler: handler})
	short := func(n int) request {
		r := upgrade(addr)
		for len(r) <= n { // besides the request line
			r = r.with("A: b")
		}
		return r
	}
	c := dial(t, addr)
	c.send([]byte(short(101).String()))
	if response := c.response(); response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("the answer to 101 lines is %s, want 431", response.Status)
	}
	handler.expectNoCalls()
	c = dial(t, addr)
	c.enter(short(90))
	c.leave()
}

func TestEndlessLine(t *testing.T) {
	t.Parallel()
	handler := newRecorder(t, echo)
	addr := startServe(t, &wsconn.Server{Handler: handler})
	c := dial(t, addr)
	c.nc.Write([]byte("GET /" + strings.Repeat("a", 100<<10)))
	if response := c.response(); response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("the answer is %s, want 431", response.Status)
	}
	handler.expectNoCalls()
}

// A client that is still busy sending when it is refused can read why.
func TestRefusalIsToldBeforeTheEnd(t *testing.T) {
	t.Parallel()
	handler := newRecorder(t, echo)
	addr := startServe(t, &wsconn.Server{Handler: handler})
	for status, r := range map[int]request{
		http.StatusForbidden:                   upgrade(addr).with("Origin: http://evil.example"),
		http.StatusRequestHeaderFieldsTooLarge: padded(addr, 20<<10),
		http.StatusBadRequest:                  upgrade(addr).without("Host"),
	} {
		c := dial(t, addr)
		c.send([]byte(r.String()), make([]byte, 256<<10))
		response := c.response()
		if response.StatusCode != status {
			t.Errorf("the answer is %s, want %d", response.Status, status)
		}
		io.Copy(io.Discard, response.Body)
		c.expectEnd()
		handler.expectNoCalls()
	}
}

func TestSlowHandshake(t *testing.T) {
	t.Parallel()
	handler := newRecorder(t, echo)
	addr := startServe(t, &wsconn.Server{
		Handler: handler,
		Limits:  wsconn.Limits{HandshakeTimeout: 200 * time.Millisecond},
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		c := dial(t, addr)
		c.send([]byte("GET /ch"))
		if response := c.response(); response.StatusCode != http.StatusRequestTimeout {
			t.Errorf("the answer is %s, want 408", response.Status)
		}
		c.expectHangUp()
		handler.expectNoCalls()
	})
	// The time is for the whole handshake, not for each byte.
	t.Run("dripping", func(t *testing.T) {
		t.Parallel()
		c := dial(t, addr)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for range tick.C {
				if _, err := c.nc.Write([]byte("a")); err != nil {
					return
				}
			}
		}()
		if response := c.response(); response.StatusCode != http.StatusRequestTimeout {
			t.Errorf("the answer is %s, want 408", response.Status)
		}
		receive(t, "end of the connection", ended)
		handler.expectNoCalls()
	})
}

// The time for the handshake does not bound the connection.
func TestConnectionOutlivesHandshakeTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const timeout = time.Second // enough for a handshake on a busy machine
		server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{HandshakeTimeout: timeout}}
		c := connect(t, start(t, server))
		<-time.After(timeout + timeout/4)
		c.expectEcho("hello")
		c.leave()
	})
}

func TestTooManyHandshakes(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store, open := newSessions(), make(chan struct{})
		store.gate = func(context.Context) error { <-open; return nil }
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Firewall: store.firewall(t, firewall.Options{}),
			Handler:  handler,
			Limits:   wsconn.Limits{MaxHandshakes: 1, HandshakeTimeout: never},
		}
		addr := start(t, server)
		first := dial(t, addr)
		first.send([]byte(upgrade(addr).with(cookie(annesID)).String()))
		eventually(t, "the store is asked", func() bool { return store.reads.Load() == 1 })

		second := dial(t, addr)
		second.send([]byte(upgrade(addr).with(cookie(bobsID)).String()))
		expectUnavailable(t, second.response())
		handler.expectNoCalls()
		expectNobody(t, server)

		close(open)
		if response := first.response(); response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("the answer to the first is %s, want 101", response.Status)
		}
		first.leave()
		connect(t, addr, cookie(bobsID)).leave()
	})
}

// A store that hangs uses up the time for the handshake. The client must still
// be told to come back, and must not be let in late by a store that does not
// heed the context and answers all the same.
func TestSlowStore(t *testing.T) {
	gates := map[string]func(context.Context) error{
		"heeds the context": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"does not heed it":  func(ctx context.Context) error { <-ctx.Done(); return nil },
	}
	for name, gate := range gates {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, start startFunc) {
				store := newSessions()
				store.gate = gate
				handler := newRecorder(t, echo)
				server := &wsconn.Server{
					Firewall: store.firewall(t, firewall.Options{}),
					Handler:  handler,
					Limits:   wsconn.Limits{HandshakeTimeout: 200 * time.Millisecond},
				}
				addr := start(t, server)
				c := dial(t, addr)
				c.send([]byte(upgrade(addr).with(cookie(annesID)).String()))
				expectUnavailable(t, c.response())
				handler.expectNoCalls()
				expectNobody(t, server)
			})
		})
	}
}

// expectUnavailable checks for the answer that sends a client away for a while.
func expectUnavailable(t *testing.T, response *http.Response) {
	t.Helper()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the answer is %s, want 503", response.Status)
	}
	if response.Header.Get("Retry-After") == "" {
		t.Error("the answer does not say when to come back")
	}
}
