package wsconn_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// What lies in the layers of a connection raises no event of its socket. The clients of
// these tests send all they have to say at once, and wait for the answers.

// eachWayOn runs a test for both ways into a server, with any listener.
func eachWayOn(t *testing.T, test func(t *testing.T, start func(*testing.T, *wsconn.Server, net.Listener) string)) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T, *wsconn.Server, net.Listener) string{
		"Serve": startOn, "ServeHTTP": startHTTPOn,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start)
		})
	}
}

func startHTTPOn(t *testing.T, s *wsconn.Server, l net.Listener) string {
	t.Helper()
	return startHandlerOn(t, s, l, s)
}

// startHandlerOn is startHTTPOn with a handler around the server.
func startHandlerOn(t *testing.T, s *wsconn.Server, l net.Listener, h http.Handler) string {
	t.Helper()
	complete(t, s)
	hs := httptest.NewUnstartedServer(h)
	hs.Listener.Close()
	hs.Listener = l
	hs.Config.ErrorLog = log.New(io.Discard, "", 0)
	hs.Start()
	t.Cleanup(func() {
		stop(t, s)
		hs.Close()
	})
	return l.Addr().String()
}

// A peeker is a listener that has looked at the first bytes of a connection, whose type
// has the methods of *net.TCPConn all the same.
type peeker struct {
	net.Listener
	bytes int
}

type peekedConn struct {
	*net.TCPConn
	r *bufio.Reader
}

func (c peekedConn) Read(b []byte) (int, error) { return c.r.Read(b) }

func (l peeker) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if kept, ok := nc.(keptConn); ok {
		nc = kept.TCPConn
	}
	r := bufio.NewReaderSize(nc, l.bytes)
	r.Peek(l.bytes)
	return peekedConn{nc.(*net.TCPConn), r}, nil
}

func TestListenerThatPeeks(t *testing.T) {
	eachWayOn(t, func(t *testing.T, start func(*testing.T, *wsconn.Server, net.Listener) string) {
		for name, words := range map[string][]byte{
			"a request":                            nil,
			"a request and a message":              masked(finText, []byte("hello")),
			"a request and more than is read once": bytes.Repeat(masked(finText, []byte("hello")), 10_000),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				l := listen(t)
				request := []byte(upgrade(l.Addr().String()).String())
				server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{HandshakeTimeout: never}}
				addr := start(t, server, peeker{l, len(request) + len(words)})
				c := dial(t, addr)
				go c.nc.Write(append(request, words...))
				if response := c.response(); response.StatusCode != 101 {
					t.Fatalf("the answer is %s, want 101", response.Status)
				}
				for range len(words) / len(masked(finText, []byte("hello"))) {
					c.expect(ws.OpText, []byte("hello"))
				}
				c.expectEcho("and on")
				c.leave()
			})
		}
	})
}

// The request is in one TLS record and messages are in the next ones, which the server
// reads from its socket together.
func TestTLSRecordsBehindTheRequest(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	for name, start := range map[string]startFunc{
		"Serve": func(t *testing.T, s *wsconn.Server) string {
			return startOn(t, s, tls.NewListener(listen(t), config))
		},
		"ServeHTTP": func(t *testing.T, s *wsconn.Server) string { return startHTTPWith(t, s, config) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := start(t, &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{HandshakeTimeout: never}})
			raw, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			pen := &pen{Conn: raw}
			c := newClient(t, tls.Client(pen, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}))
			if err := c.nc.(*tls.Conn).Handshake(); err != nil {
				t.Fatal(err)
			}
			pen.up = true
			c.send([]byte(upgrade(addr).String()))
			c.send(masked(finText, []byte("first")))
			c.send(masked(finText, []byte("second")))
			pen.up = false
			pen.write()
			if response := c.response(); response.StatusCode != 101 {
				t.Fatalf("the answer is %s, want 101", response.Status)
			}
			c.expect(ws.OpText, []byte("first"))
			c.expect(ws.OpText, []byte("second"))
			c.expectEcho("third")
			c.leave()
		})
	}
}

// A pen writes all at once what was written while it was up.
type pen struct {
	net.Conn
	up   bool
	held []byte
}

func (p *pen) Write(b []byte) (int, error) {
	if !p.up {
		return p.Conn.Write(b)
	}
	p.held = append(p.held, b...)
	return len(b), nil
}

func (p *pen) write() { p.Conn.Write(p.held) }
