package wsconn_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// expectTurnedAway sends a request that must be answered with a status, and with when
// to try again.
func expectTurnedAway(t *testing.T, addr string, status int) {
	t.Helper()
	c := dial(t, addr)
	c.nc.Write([]byte(upgrade(addr).String()))
	response := c.response()
	if response.StatusCode != status || response.Header.Get("Retry-After") != "1" {
		t.Errorf("the answer is %s, Retry-After %q, want %d and 1", response.Status, response.Header.Get("Retry-After"), status)
	}
	c.nc.Close()
}

// tryConnect connects if it is let in.
func tryConnect(t *testing.T, addr string) (*client, bool) {
	t.Helper()
	c := dial(t, addr)
	c.nc.Write([]byte(upgrade(addr).String()))
	response, err := http.ReadResponse(c.r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		c.nc.Close()
		return nil, false
	}
	return c, true
}

func TestMaxPerAddress(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const most = 3
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{MaxPerAddress: most}}
		addr := start(t, server)
		var clients []*client
		for range most {
			clients = append(clients, connect(t, addr))
			receive(t, "OnOpen", handler.opened)
		}
		for _, end := range []func(*client){(*client).leave, (*client).reset, func(c *client) { c.nc.Close() }} {
			for range 2 {
				expectTurnedAway(t, addr, http.StatusTooManyRequests)
			}
			end(clients[0])
			clients = clients[1:]
			eventually(t, "another one is let in", func() bool {
				c, ok := tryConnect(t, addr)
				if ok {
					clients = append(clients, c)
				}
				return ok
			})
			receive(t, "OnOpen", handler.opened)
		}
		expectTurnedAway(t, addr, http.StatusTooManyRequests)
		if n := handler.opens.Load(); n != most+3 {
			t.Errorf("OnOpen was called %d times, want %d", n, most+3)
		}
		for _, c := range clients {
			c.expectEcho("still here")
			c.leave()
		}
	})
}

// The limit holds for those who come at the same time, too, however long it takes to
// see who they are.
func TestMaxPerAddressAtOnce(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const most, clients = 2, 8
		store := newSessions()
		answer := make(chan struct{})
		store.gate = func(context.Context) error { <-answer; return nil }
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler:  handler,
			Firewall: store.firewall(t, firewall.Options{}),
			Limits:   wsconn.Limits{MaxPerAddress: most, HandshakeTimeout: never},
		}
		addr := start(t, server)
		var running sync.WaitGroup
		var turnedAway atomic.Int32
		all := make([]*client, clients)
		for i := range all {
			c := dial(t, addr)
			all[i] = c
			c.nc.Write([]byte(upgrade(addr).with(cookie(annesID)).String()))
			running.Go(func() {
				// It may be told by a response, or by a close frame.
				response, err := http.ReadResponse(c.r, nil)
				if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
					turnedAway.Add(1)
				} else if f, err := readFrame(c.r); err != nil || f.Header.OpCode == ws.OpClose {
					turnedAway.Add(1)
				}
			})
		}
		eventually(t, "the firewall is asked about those who are let in, or they are turned away", func() bool {
			return store.reads.Load()+turnedAway.Load() == clients
		})
		close(answer)
		eventually(t, "some are let in", func() bool { return attached(server) >= most })
		server.Broadcast(ws.OpText, []byte("to those who are in"))
		eventually(t, "the others are not", func() bool { return turnedAway.Load() >= clients-most || handler.opens.Load() > most })
		if n := handler.opens.Load(); n != most {
			t.Errorf("%d clients are let in, want %d", n, most)
		}
		for _, c := range all {
			c.nc.Close()
		}
		running.Wait()
	})
}

// Those who are not let in do not count any more when they have been told.
func TestMaxPerAddressOfRefused(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const most = 2
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{MaxPerAddress: most}}
		addr := start(t, server)
		refused := map[int]request{
			http.StatusForbidden:  upgrade(addr).with("Origin: http://evil.example"),
			http.StatusBadRequest: upgrade(addr).without("Sec-WebSocket-Key"),
		}
		for status, r := range refused {
			for range 2 * most {
				eventually(t, "it is told why", func() bool { // or it is too many, for a moment
					c := dial(t, addr)
					defer c.nc.Close()
					c.nc.Write([]byte(r.String()))
					response, err := http.ReadResponse(c.r, nil)
					return err == nil && response.StatusCode == status
				})
			}
		}
		eventually(t, "another one is let in", func() bool {
			c, ok := tryConnect(t, addr)
			if ok {
				c.leave()
			}
			return ok
		})
		handler.next()
	})
}

// Connections at their handshake count, too; else they would cost nothing.
func TestMaxPerAddressAtHandshake(t *testing.T) {
	t.Parallel()
	handler := newRecorder(t, echo)
	addr := startOn(t, &wsconn.Server{
		Handler: handler,
		Limits:  wsconn.Limits{MaxPerAddress: 2, HandshakeTimeout: never},
	}, oneByOne{listen(t)})
	half, silent := dial(t, addr), dial(t, addr)
	half.send([]byte("GET /"))
	expectTurnedAway(t, addr, http.StatusTooManyRequests)
	silent.nc.Close()
	eventually(t, "another one is let in", func() bool {
		c, ok := tryConnect(t, addr)
		if ok {
			c.leave()
		}
		return ok
	})
	half.nc.Close()
	handler.next()
}

// oneByOne is a listener whose connections are accepted in order.
type oneByOne struct{ net.Listener }

// A traveller is a connection from any address.
type traveller struct {
	net.Conn
	from netip.AddrPort
}

func (c traveller) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.from) }

// travellers are a listener for them, whose addresses come in the order of accepting.
type travellers struct {
	net.Listener
	from chan netip.AddrPort
}

func (l travellers) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return traveller{nc, <-l.from}, nil
}

// Of IPv6, a network of 64 bits is one address; of IPv4, each is by itself, however it
// is written.
func TestMaxPerAddressNetworks(t *testing.T) {
	t.Parallel()
	handler := newRecorder(t, echo)
	l := travellers{listen(t), make(chan netip.AddrPort, 1)}
	addr := startOn(t, &wsconn.Server{Handler: handler, Limits: wsconn.Limits{MaxPerAddress: 2}}, l)
	var clients []*client
	for _, step := range []struct {
		from string
		ok   bool
	}{
		{"[2001:db8:1:2::1]:1000", true},
		{"[2001:db8:1:2:ffff::2]:1000", true},
		{"[2001:db8:1:2:3:4:5:6]:1000", false},
		{"[2001:db8:1:3::1]:1000", true},
		{"[fe80::1%eth0]:1000", true},
		{"[fe80::2%eth1]:1000", true},
		{"[fe80::3]:1000", false},
		{"192.0.2.1:1000", true},
		{"[::ffff:192.0.2.1]:1000", true},
		{"192.0.2.1:2000", false},
		{"192.0.2.2:1000", true},
	} {
		l.from <- netip.MustParseAddrPort(step.from)
		c, ok := tryConnect(t, addr)
		if ok != step.ok {
			t.Errorf("the client from %s is let in: %v, want %v", step.from, ok, step.ok)
		}
		if ok {
			clients = append(clients, c)
		}
	}
	for _, c := range clients {
		c.leave()
	}
}
