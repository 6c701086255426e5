package conformance_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// maxMessage is the limit of the servers under test: the suite's longest message.
const maxMessage = 16 << 20

// A way is one in which a server gets its connections.
type way struct {
	name  string
	serve func(s *wsconn.Server, l net.Listener)
	tls   bool
}

// ways are all that a server may treat differently.
func ways(t *testing.T) []way {
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	return []way{
		{name: "tcp", serve: func(s *wsconn.Server, l net.Listener) { s.Serve(l) }},
		{name: "embedded", serve: func(s *wsconn.Server, l net.Listener) { s.Serve(embedding{l}) }},
		{name: "opaque", serve: func(s *wsconn.Server, l net.Listener) { s.Serve(hiding{l}) }},
		{name: "tls", serve: func(s *wsconn.Server, l net.Listener) { s.Serve(tls.NewListener(l, config)) }, tls: true},
		{name: "http", serve: func(s *wsconn.Server, l net.Listener) { (&http.Server{Handler: s}).Serve(l) }},
	}
}

// embedding is a listener whose connections are no *net.TCPConn but have all that
// one has.
type embedding struct{ net.Listener }

func (l embedding) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ *net.TCPConn }{conn.(*net.TCPConn)}, nil
}

// hiding is a listener whose connections are nothing but a net.Conn.
type hiding struct{ net.Listener }

func (l hiding) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{conn}, nil
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// start serves an echo in a way until the test ends, and returns how to reach it.
func start(t *testing.T, w way) (dial func() (net.Conn, error)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &wsconn.Server{
		Handler:  wsconn.HandlerFunc(func(c *wsconn.Conn, op ws.OpCode, payload []byte) { c.Write(op, payload) }),
		Limits:   wsconn.Limits{MaxMessageBytes: maxMessage},
		Compress: true,
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.serve(server, l)
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		l.Close()
		if err := server.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		<-done
	})
	addr := l.Addr().String()
	if w.tls {
		return func() (net.Conn, error) { return tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true}) }
	}
	return func() (net.Conn, error) { return net.Dial("tcp", addr) }
}
