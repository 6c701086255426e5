package wsconn_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// However many come at the same time, never more of an address are in than may be. Here
// nobody goes on to the connection itself before all are either let in or refused.
func TestMaxPerAddressTogether(t *testing.T) {
	t.Parallel()
	const most, clients = 3, 40
	handler := newRecorder(t, echo)
	server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{MaxPerAddress: most}}
	var undecided sync.WaitGroup
	undecided.Add(clients)
	var turnedAway atomic.Int32
	wait := func() error { undecided.Done(); undecided.Wait(); return nil }
	refuse := func() { undecided.Done(); turnedAway.Add(1) }
	addr := startHandlerOn(t, server, listen(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server.ServeHTTP(&takeover{w, wait, refuse}, r)
	}))
	all := make([]*client, clients)
	for i := range all {
		all[i] = dial(t, addr)
		all[i].send([]byte(upgrade(addr).String()))
	}
	in := 0
	for _, c := range all {
		switch response := c.response(); response.StatusCode {
		case http.StatusSwitchingProtocols:
			in++
			defer c.nc.Close()
		case http.StatusTooManyRequests:
			c.nc.Close()
		default:
			t.Errorf("the answer is %s, want 101 or 429", response.Status)
		}
	}
	if in != most || turnedAway.Load() != clients-most {
		t.Errorf("%d are let in and %d are turned away, want %d and %d", in, turnedAway.Load(), most, clients-most)
	}
}

// A takeover does something before a connection is taken over from net/http.
type takeover struct {
	http.ResponseWriter
	before func() error
	refuse func()
}

func (o *takeover) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := o.before(); err != nil {
		return nil, nil, err
	}
	return o.ResponseWriter.(http.Hijacker).Hijack()
}

func (o *takeover) WriteHeader(status int) {
	if o.refuse != nil {
		o.refuse()
	}
	o.ResponseWriter.WriteHeader(status)
}

// Whatever becomes of those who do not stay, they give their places up: each of them
// takes the only one there is.
func TestPlacesOfAddressesAreGivenUp(t *testing.T) {
	t.Parallel()
	store := newSessions()
	fault := errors.New("cannot be taken over")
	server := &wsconn.Server{
		Handler:  newRecorder(t, echo),
		Firewall: store.firewall(t, firewall.Options{}),
		Limits:   wsconn.Limits{MaxPerAddress: 1},
	}
	addr := startHandlerOn(t, server, listen(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/no-hijacker":
			w = struct{ http.ResponseWriter }{w}
		case "/fault":
			w = &takeover{w, func() error { return fault }, nil}
		case "/panic":
			w = &takeover{w, func() error { panic(http.ErrAbortHandler) }, nil}
		}
		server.ServeHTTP(w, r)
	}))
	store.broken["broken-session-0123456789"] = fault
	for name, r := range map[string]request{
		"no upgrade":      upgrade(addr).without("Upgrade"),
		"no key":          upgrade(addr).without("Sec-WebSocket-Key"),
		"another origin":  upgrade(addr).with("Origin: http://evil.example"),
		"a broken store":  upgrade(addr).with(cookie("broken-session-0123456789")),
		"no hijacker":     upgrade(addr).starting("GET /no-hijacker HTTP/1.1"),
		"a failed hijack": upgrade(addr).starting("GET /fault HTTP/1.1"),
		"a panic":         upgrade(addr).starting("GET /panic HTTP/1.1"),
		"a long header":   padded(addr, 9<<10),
	} {
		c := dial(t, addr)
		c.send([]byte(r.String()))
		if response, err := http.ReadResponse(c.r, nil); err == nil && response.StatusCode == http.StatusSwitchingProtocols {
			t.Errorf("%s: the client is let in", name)
		}
		c.nc.Close()
		expectEmptyBooks(t, server)
		visit(t, addr)
		expectEmptyBooks(t, server)
	}
	c := connect(t, addr)
	expectTurnedAway(t, addr, http.StatusTooManyRequests)
	c.leave()
	expectEmptyBooks(t, server)
}

// One who was let in, but whose connection is taken over when the server is down, gives
// the place up, too.
func TestPlaceIsGivenUpAfterShutdown(t *testing.T) {
	t.Parallel()
	server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{MaxPerAddress: 1}}
	shutdown := func() error { return server.Shutdown(context.Background()) }
	addr := startHandlerOn(t, server, listen(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server.ServeHTTP(&takeover{w, shutdown, nil}, r)
	}))
	c := dial(t, addr)
	c.send([]byte(upgrade(addr).String()))
	io.Copy(io.Discard, c.r) // until it is hung up
	expectEmptyBooks(t, server)
}
