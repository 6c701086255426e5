package wsconn_test

import (
	"net/http"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// Requests that are no WebSocket handshake, and what RFC 6455, section 4.2, and
// RFC 9112 say to them.
func TestHandshakeRefused(t *testing.T) {
	tests := []struct {
		name    string
		request func(request) request
		status  int
	}{
		{"POST", func(r request) request { return r.starting("POST /chat HTTP/1.1").with("Content-Length: 0") }, 405},
		{"HEAD", func(r request) request { return r.starting("HEAD /chat HTTP/1.1") }, 405},
		{"HTTP/1.0", func(r request) request { return r.starting("GET /chat HTTP/1.0") }, 505},
		{"a page", func(r request) request { return r[:2] }, 400},
		{"no Upgrade", func(r request) request { return r.without("Upgrade") }, 400},
		{"another Upgrade", func(r request) request { return r.without("Upgrade").with("Upgrade: h2c") }, 400},
		{"no Connection", func(r request) request { return r.without("Connection") }, 400},
		{"another Connection", func(r request) request { return r.without("Connection").with("Connection: keep-alive") }, 400},
		{"no key", func(r request) request { return r.without("Sec-WebSocket-Key") }, 400},
		{"short key", func(r request) request { return r.without("Sec-WebSocket-Key").with("Sec-WebSocket-Key: c2hvcnQ=") }, 400},
		{"no version", func(r request) request { return r.without("Sec-WebSocket-Version") }, 400},
		{"version 12", func(r request) request { return r.without("Sec-WebSocket-Version").with("Sec-WebSocket-Version: 12") }, 426},
		{"no Host", func(r request) request { return r.without("Host") }, 400},
		{"two Hosts", func(r request) request { return r.with("Host: other.example") }, 400},
		{"twice the same Host", func(r request) request { return r.with(r[1]) }, 400},
		{"garbage", func(r request) request { return request{"\x16\x03\x01 what?"} }, 400},
		{"no HTTP", func(r request) request { return r.starting("GET /chat") }, 400},
		{"a line without a colon", func(r request) request { return r.with("Nonsense") }, 400},
		{"no field name", func(r request) request { return r.with(": x") }, 400},
		{"a field name with a NUL", func(r request) request { return r.with("Or\x00igin: x") }, 400},
		{"a field name with a bracket", func(r request) request { return r.with("Orig[in: x") }, 400},
		{"a value with a NUL", func(r request) request { return r.with("Cookie: a=\x00") }, 400},
		{"a value with a bare CR", func(r request) request { return r.with("X-Note: a\rb") }, 400},
		{"space before a colon", func(r request) request { return r.with("Cookie : SID=x") }, 400},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				c := dial(t, addr)
				c.send([]byte(test.request(upgrade(addr)).String()))
				response := c.response()
				if response.StatusCode != test.status {
					t.Errorf("the answer is %s, want %d", response.Status, test.status)
				}
				if test.status == 426 && response.Header.Get("Sec-WebSocket-Version") != "13" {
					t.Errorf("the answer does not say which version is spoken here: %v", response.Header)
				}
				handler.expectNoCalls()
				c.nc.Close()
				expectNobody(t, server)
			})
		}
	})
}

// RFC 9112, section 5.2: a line that begins with a space goes on with the field
// of the line before. A server may refuse it, or unfold it; if it took it for a
// field of its own, it would read another request than a proxy in front of it.
func TestFoldedLine(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		addr := start(t, &wsconn.Server{Firewall: newSessions().firewall(t, firewall.Options{}), Handler: handler})
		c := dial(t, addr)
		c.send([]byte(upgrade(addr).with("X-Note: one", " "+cookie(annesID)).String()))
		switch response := c.response(); response.StatusCode {
		case http.StatusBadRequest:
		case http.StatusSwitchingProtocols:
			if user := receive(t, "OnOpen", handler.opened).Identity().User; user == "anne" {
				t.Error("anne is let in by a cookie that is part of another field")
			}
		default:
			t.Errorf("the answer is %s, want 400 or 101", response.Status)
		}
	})
}

func TestHandshakeGranted(t *testing.T) {
	tests := []struct {
		name    string
		request func(request) request
	}{
		{"plain", func(r request) request { return r }},
		{"other case", func(r request) request {
			return request{r[0], "hOST: x", "UPGRADE: WebSocket", "connection: upgrade",
				"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "SEC-WEBSOCKET-VERSION: 13"}
		}},
		{"several Connection tokens", func(r request) request {
			return r.without("Connection").with("Connection: keep-alive, Upgrade")
		}},
		{"extensions and protocols that nobody knows here", func(r request) request {
			return r.with("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol: chat")
		}},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		addr := start(t, &wsconn.Server{Handler: newRecorder(t, echo)})
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				c := dial(t, addr)
				c.send([]byte(test.request(upgrade(addr)).String()))
				response := c.response()
				if response.StatusCode != http.StatusSwitchingProtocols {
					t.Fatalf("the answer is %s, want 101", response.Status)
				}
				// A client must fail on what it did not offer, or cannot use.
				for _, field := range []string{"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"} {
					if v := response.Header.Values(field); len(v) != 0 {
						t.Errorf("%s: %q was accepted", field, v)
					}
				}
				c.expectEcho("hello")
				c.leave()
			})
		}
	})
}

// A client need not wait for the 101 before it sends its first frames.
func TestBytesBehindTheHandshake(t *testing.T) {
	hello, world := masked(finText, []byte("hello")), masked(finText, []byte("world"))
	both := append(append([]byte(nil), hello...), world...)
	eachWay(t, func(t *testing.T, start startFunc) {
		addr := start(t, &wsconn.Server{Handler: newRecorder(t, echo)})
		for _, n := range []int{1, 2, len(hello) - 1, len(hello), len(hello) + 3, len(both)} {
			c := dial(t, addr)
			c.enter(upgrade(addr), both[:n]...)
			c.send(both[n:])
			c.expect(ws.OpText, []byte("hello"))
			c.expect(ws.OpText, []byte("world"))
			c.leave()
		}
	})
}
