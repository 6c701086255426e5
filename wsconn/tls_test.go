package wsconn_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// certificate returns a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// eachWayTLS is eachWay with TLS, and gives the test what dials.
func eachWayTLS(t *testing.T, test func(t *testing.T, start startFunc, dialTLS func(*testing.T, string) *client)) {
	t.Parallel()
	cert, pool := certificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	ways := map[string]startFunc{
		"Serve": func(t *testing.T, s *wsconn.Server) string {
			return startOn(t, s, tls.NewListener(listen(t), config))
		},
		"ServeHTTP": func(t *testing.T, s *wsconn.Server) string {
			return startHTTPWith(t, s, config)
		},
	}
	for name, start := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start, func(t *testing.T, addr string) *client {
				t.Helper()
				nc, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool})
				if err != nil {
					t.Fatal(err)
				}
				return newClient(t, nc)
			})
		})
	}
}

func TestTLS(t *testing.T) {
	eachWayTLS(t, func(t *testing.T, start startFunc, dialTLS func(*testing.T, string) *client) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)

		c := dialTLS(t, addr)
		c.enter(upgrade(addr).with("Origin: https://"+addr), masked(finText, []byte("early"))...)
		c.expect(ws.OpText, []byte("early"))
		c.expectEcho("hello")
		for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary} {
			c.send(masked(fin|op, payload(200000)))
			c.expect(op, payload(200000))
		}
		c.leave()
		handler.expectClosed(wsconn.CloseError{Code: ws.StatusNormalClosure})

		// The server closes, and the client reads all of it.
		c = dialTLS(t, addr)
		c.enter(upgrade(addr))
		c.send(masked(finText, []byte("\xff")), make([]byte, 100000))
		c.expectClose(ws.StatusInvalidFramePayloadData)
		c.expectEnd()
		handler.next()

		// A page that anybody between can change is not the server's own.
		opens := handler.opens.Load()
		for _, origin := range []string{"http://" + addr, "https://evil.example"} {
			c = dialTLS(t, addr)
			c.send([]byte(upgrade(addr).with("Origin: " + origin).String()))
			if response := c.response(); response.StatusCode != 403 {
				t.Errorf("origin %s: the answer is %s, want 403", origin, response.Status)
			}
			c.nc.Close()
		}
		// Nor is a client let in that does not speak TLS.
		c = dial(t, addr)
		c.send([]byte(upgrade(addr).String()))
		if b, _ := c.r.Peek(12); string(b) == "HTTP/1.1 101" {
			t.Error("a client without TLS is let in")
		}
		if handler.opens.Load() != opens {
			t.Error("OnOpen was called for a client that was not let in")
		}
		expectNobody(t, server)
	})
}

// To end a TLS connection takes a last record, for which a peer that does not
// read has no room. That must hold up nobody.
func TestTLSShutdownIsCutShort(t *testing.T) {
	eachWayTLS(t, func(t *testing.T, start startFunc, dialTLS func(*testing.T, string) *client) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler: handler,
			Limits:  wsconn.Limits{CloseTimeout: never, WriteTimeout: never, MaxQueueBytes: 8 << 20},
		}
		addr := start(t, server)
		for range 3 {
			dialTLS(t, addr).enter(upgrade(addr))
			if err := receive(t, "OnOpen", handler.opened).Write(ws.OpBinary, make([]byte, 4<<20)); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if err := receive(t, "end of Shutdown", shutdown(server, soon(t))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returns %v, want the error of its context", err)
		}
		// crypto/tls gives each of them 5 s.
		if d := time.Since(began); d >= 5*time.Second {
			t.Errorf("Shutdown took %v", d)
		}
		expectNobody(t, server)
	})
}
