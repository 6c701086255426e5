package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// A tab is a socket of a browser.
type tab struct {
	t  *testing.T
	nc net.Conn
	r  io.Reader
	me clientView // as the server said at first
}

// A message is any that the server sends.
type message struct {
	Type, Text, Error string
	Client, From      clientView
	Clients           []clientView
	Nodes             []nodeView
	Total             int
	Partial           bool
}

// openTab opens a socket with the cookies of the browser.
func (b *browser) openTab() *tab {
	b.t.Helper()
	site, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	header := ws.HandshakeHeaderHTTP{"Origin": {b.site}}
	for _, c := range b.Jar.Cookies(site) {
		header["Cookie"] = append(header["Cookie"], c.String())
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	nc, early, _, err := ws.Dialer{Header: header}.Dial(ctx, "ws://"+site.Host+"/ws")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	tab := &tab{t: b.t, nc: nc, r: nc}
	if early != nil {
		tab.r = early // it has read what came right behind the handshake
	}
	tab.me = tab.next("you").Client
	return tab
}

// read returns the next message, or a [wsutil.ClosedError].
func (t *tab) read() (m message, err error) {
	payload, err := wsutil.ReadServerText(struct {
		io.Reader
		io.Writer
	}{t.r, t.nc})
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(payload, &m)
}

// next skips to the next message of a type.
func (t *tab) next(kind string) message {
	t.t.Helper()
	for {
		m, err := t.read()
		if err != nil {
			t.t.Fatalf("waiting for a message of type %q: %v", kind, err)
		}
		if m.Type == kind {
			return m
		}
	}
}

// sees skips to a list of clients that satisfies ok.
func (t *tab) sees(what string, ok func([]clientView) bool) {
	t.t.Helper()
	for {
		m, err := t.read()
		if err != nil {
			t.t.Fatalf("waiting to see %s: %v", what, err)
		}
		if m.Type == "clients" && ok(m.Clients) {
			return
		}
	}
}

// send sends a text as it is.
func (t *tab) send(text string) {
	t.t.Helper()
	if err := wsutil.WriteClientText(t.nc, []byte(text)); err != nil {
		t.t.Fatal(err)
	}
}

// expectClose skips to the end of the socket, which must have this code.
func (t *tab) expectClose(code ws.StatusCode) {
	t.t.Helper()
	for {
		_, err := t.read()
		if closed, ok := errors.AsType[wsutil.ClosedError](err); ok && closed.Code == code {
			return
		}
		if err != nil {
			t.t.Fatalf("the socket ended with %v, want close code %d", err, code)
		}
	}
}
