package wsconn

import (
	"bytes"
	"context"
	"net/http"
	"sync"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
)

// An upgrade is one use of ws.Upgrader, in memory. Most of it is used again: what the
// Upgrader calls would else be made for each client.
type upgrade struct {
	upgrader ws.Upgrader
	protocol func([]byte) (string, bool)
	head     bytes.Reader
	response bytes.Buffer

	conn    *Conn
	ctx     context.Context
	request *firewall.Request // which a hook of the firewall may keep
	guest   guest
	offers  []string // of extensions
	hosts   int
}

var upgrades upgradePool

type upgradePool struct{ pool sync.Pool }

func (p *upgradePool) get() *upgrade {
	if u, ok := p.pool.Get().(*upgrade); ok {
		return u
	}
	u := &upgrade{}
	u.upgrader = ws.Upgrader{
		OnRequest:       func(uri []byte) error { u.request.URI = string(uri); return nil },
		OnHost:          u.onHost,
		OnHeader:        u.onHeader,
		ExtensionCustom: u.onExtensions,
		OnBeforeUpgrade: u.identify,
	}
	u.protocol = func(value []byte) (string, bool) {
		return u.guest.choose(string(value), u.conn.loop.server.Subprotocols)
	}
	return u
}

// done lets the upgrade be used again, and the response with it.
func (u *upgrade) done() {
	u.head.Reset(nil)
	u.response.Reset()
	u.conn, u.ctx, u.request, u.guest, u.offers, u.hosts = nil, nil, nil, guest{}, nil, 0
	upgrades.pool.Put(u)
}

func (u *upgrade) Read(b []byte) (int, error)  { return u.head.Read(b) }
func (u *upgrade) Write(b []byte) (int, error) { return u.response.Write(b) }

// do asks the firewall about the request in head. The response is a 101 if and only if
// the error is nil.
func (u *upgrade) do(ctx context.Context, c *Conn, head []byte) error {
	u.ctx, u.conn = ctx, c
	u.request = &firewall.Request{Secure: c.link() != nil && c.link().secure(), RemoteAddr: c.remote()}
	u.head.Reset(head)
	u.upgrader.ProtocolCustom = nil
	if len(c.loop.server.Subprotocols) > 0 {
		u.upgrader.ProtocolCustom = u.protocol
	}
	_, err := u.upgrader.Upgrade(u)
	if err != nil && u.response.Len() == 0 {
		// The Upgrader says nothing to a request line or header it cannot parse.
		u.response.Write(emptyResponse(http.StatusBadRequest))
	}
	return err
}

func (u *upgrade) onHost(host []byte) error {
	// RFC 9112, section 3.2: two Host fields are a bad request, and might mislead the
	// origin check.
	if u.hosts++; u.hosts > 1 {
		return rejection(http.StatusBadRequest, "more than one Host header")
	}
	u.request.Host = string(host)
	return nil
}

func (u *upgrade) onHeader(key, value []byte) error {
	switch string(key) { // in the form of net/http's canonical keys
	case "Origin", "Cookie", "Authorization", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host":
		u.request.AddHeader(string(key), string(value))
	}
	return nil
}

func (u *upgrade) onExtensions(value []byte, chosen []httphead.Option) ([]httphead.Option, bool) {
	if u.conn.loop.server.Compress {
		u.offers = append(u.offers, string(value))
	}
	return chosen, true
}

func (u *upgrade) identify() (ws.HandshakeHeader, error) {
	who, refused := u.conn.loop.server.identify(u.ctx, u.request)
	if refused != nil {
		return nil, rejectionOf(refused)
	}
	u.guest.identity, u.guest.before = who.identity, who.before
	return u.guest.extensions(u.offers), nil
}
