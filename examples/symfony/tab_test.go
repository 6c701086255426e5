package main

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
)

// A tab is an open socket of a page.
type tab struct {
	w    *world
	conn net.Conn
}

// open connects with a Cookie header, as a page of the website does.
func (w *world) open(cookie string) *tab {
	w.Helper()
	header := http.Header{"Origin": {w.site.URL}}
	if cookie != "" {
		header.Set("Cookie", cookie)
	}
	dialer := ws.Dialer{Header: ws.HandshakeHeaderHTTP(header), Timeout: patience}
	conn, buffered, _, err := dialer.Dial(w.Context(), w.socket)
	if err != nil {
		w.Fatal(err)
	}
	if buffered != nil {
		conn = &early{conn, buffered}
	}
	w.Cleanup(func() { conn.Close() })
	return &tab{w, conn}
}

// early is a connection whose first bytes came with the handshake.
type early struct {
	net.Conn
	first interface{ Read([]byte) (int, error) }
}

func (e *early) Read(p []byte) (int, error) {
	if e.first != nil {
		if n, err := e.first.Read(p); n > 0 || err == nil {
			return n, nil
		}
		e.first = nil
	}
	return e.Conn.Read(p)
}

// tabOf connects with the cookies that the visitor's browser sends.
func (w *world) tabOf(v *website.Visitor) *tab {
	w.Helper()
	return w.open(v.CookieHeader("/"))
}

// next waits for what the program tells next.
func (t *tab) next() *told {
	t.w.Helper()
	t.conn.SetReadDeadline(time.Now().Add(patience))
	text, err := wsutil.ReadServerText(t.conn)
	if err != nil {
		t.w.Fatalf("the socket tells nothing: %v", err)
	}
	var x told
	if err := json.Unmarshal(text, &x); err != nil {
		t.w.Fatal(err)
	}
	return &x
}

// closed waits for the end of the socket, which is told nothing before.
func (t *tab) closed() wsutil.ClosedError {
	t.w.Helper()
	t.conn.SetReadDeadline(time.Now().Add(patience))
	text, err := wsutil.ReadServerText(t.conn)
	closed, ok := errors.AsType[wsutil.ClosedError](err)
	if !ok {
		t.w.Fatalf("the socket is not closed, but tells %q, %v", text, err)
	}
	return closed
}

// signedOut waits until the socket is closed because of this.
func (t *tab) signedOut(reason string) {
	t.w.Helper()
	if c := t.closed(); c.Code != 4401 || c.Reason != reason {
		t.w.Errorf("closed with %d %q; want 4401 %q", c.Code, c.Reason, reason)
	}
}

// is fails the test if the socket does not say of the visitor what the website
// says of him.
func (w *world) is(got *told, want *website.Who) {
	w.Helper()
	if want.User == "" {
		w.Fatal("the website knows nobody")
	}
	roles, reachable := slices.Sorted(slices.Values(got.Roles)), slices.Sorted(slices.Values(want.Reachable))
	if got.Anonymous || got.User != want.User || got.Context != want.Context || got.Remembered != want.Remembered ||
		got.Impersonator != want.Impersonator || !slices.Equal(roles, reachable) {
		w.Errorf("the socket says %s\nthe website says %s", show(got), show(want))
	}
}

func (w *world) isAnonymous(got *told, reason string) {
	w.Helper()
	if !got.Anonymous || got.Reason != reason || len(got.Roles) > 0 {
		w.Errorf("the socket says %s; want somebody anonymous: %s", show(got), reason)
	}
}

func show(v any) string {
	text, _ := json.Marshal(v) // of strings and bools
	return string(text)
}
