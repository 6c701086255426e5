package wsconn

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/internal/deflate"
)

// ServeHTTP implements [http.Handler]: it upgrades the request and returns, and
// the connection lives on. The connection is no longer the http.Server's, so
// shutting that down does not end it; Shutdown does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.init()
	if headerBytes(r) > s.limits.MaxHeaderBytes {
		w.Header().Set("Connection", "close")
		http.Error(w, "header too large", http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	from, room := s.addresses.reserve(r.RemoteAddr)
	if !room {
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "too many connections", http.StatusTooManyRequests)
		return
	}
	entered := false
	defer func() {
		if !entered {
			s.addresses.cancel(from)
		}
	}()
	var g guest
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		ctx, cancel := context.WithTimeout(r.Context(), s.limits.HandshakeTimeout)
		defer cancel()
		defer context.AfterFunc(s.base, cancel)()
		var err error
		if g, err = s.identify(ctx, firewall.FromHTTP(r)); err != nil {
			refuseHTTP(w, err)
			return
		}
	}
	// Any other request, HTTPUpgrader itself answers with what is wrong.
	upgrader := ws.HTTPUpgrader{Timeout: s.limits.HandshakeTimeout}
	if len(s.Subprotocols) > 0 {
		upgrader.Protocol = func(name string) bool {
			i := slices.Index(s.Subprotocols, name)
			g.protocol = uint8(i + 1)
			return i >= 0
		}
	}
	if s.Compress && g.identity != nil {
		if response, params, ok := deflate.Negotiate(r.Header.Values("Sec-WebSocket-Extensions")...); ok {
			g.deflate = params
			upgrader.Header = http.Header{"Sec-WebSocket-Extensions": {response}}
		}
	}
	nc, rw, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		if nc != nil {
			nc.Close()
		}
		return
	}
	// What the client sent right behind its request is in net/http's buffer,
	// which is given up here.
	tail, _ := rw.Reader.Peek(rw.Reader.Buffered())
	entered = s.enroll(nc, from, g, bytes.Clone(tail))
}

// enroll serves a connection whose handshake is done.
func (s *Server) enroll(nc net.Conn, from netip.Prefix, g guest, tail []byte) bool {
	c := s.adopt(nc)
	c.phase, c.deaf = phaseAsked, true
	if c.link() != nil {
		c.link().secured.Store(true)
	}
	if !s.register(c) {
		return false
	}
	s.addresses.assign(c, from)
	s.crew.do(func() {
		switch l := c.link(); {
		case !c.open(g, tail):
		case l != nil && l.raw != nil: // there may be bytes in its layers, which raise no event
			c.readLayers(longAgo)
		default:
			c.release()
		}
	})
	return true
}

func refuseHTTP(w http.ResponseWriter, err error) {
	status, text := statusOf(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	http.Error(w, text, status)
}

// headerBytes is about the size of the request's header on the wire.
func headerBytes(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host) + len("  HTTP/1.1\r\nHost: \r\n\r\n")
	for key, values := range r.Header {
		for _, value := range values {
			n += len(key) + len(value) + len(": \r\n")
		}
	}
	return n
}
