package wsconn_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// A pipeListener hands out connections in memory.
type pipeListener chan net.Conn

func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }
func (l pipeListener) Close() error   { return nil }
func (l pipeListener) Accept() (net.Conn, error) {
	nc, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return nc, nil
}

// FuzzHandshake sends hostile bytes to a server. It must answer them with HTTP
// or not at all, let in what net/http, too, takes for a handshake, and be rid of
// the client when the client is gone.
func FuzzHandshake(f *testing.F) {
	valid := upgrade("example.com")
	for _, seed := range []request{
		valid,
		valid.with(cookie(annesID), "Origin: http://example.com"),
		valid.with("Cookie: SID=\"" + bobsID + "\"; SID=x"),
		valid.with("Cookie: SID=../../etc/passwd"),
		valid.with("Origin: null"),
		valid.with("Host: again.example"),
		valid.with("Sec-WebSocket-Extensions: permessage-deflate; x=\"", "Sec-WebSocket-Protocol: ,,"),
		valid.without("Sec-WebSocket-Key"),
		valid.starting("POST /chat HTTP/1.1"),
		valid.starting("GET  HTTP/1.1"),
		valid.starting("GET http://other.example/chat HTTP/1.1"),
		{"GET / HTTP/1.1", "Host:", ":", " : ", "\x00: \x00"},
		{""},
	} {
		f.Add([]byte(seed.String()))
		f.Add([]byte(strings.ReplaceAll(seed.String(), "\r\n", "\n")))
	}
	f.Add([]byte(valid.String() + string(masked(finText, []byte("early"))) + string(closing(1000, ""))))
	f.Add([]byte(valid.String() + string(declared(finBinary, 1<<62))))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: exam"))
	f.Add(bytes.Repeat([]byte("A: b\n"), 200))
	f.Add([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n"))

	addr, server := startPipe(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		nc, peer := net.Pipe()
		addr <- peer
		nc.SetDeadline(time.Now().Add(patience))
		answered := make(chan struct{})
		var status int
		go func() {
			defer close(answered)
			r := bufio.NewReader(nc)
			if _, err := r.Peek(1); err != nil {
				return // no answer
			}
			response, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Errorf("the answer is not HTTP: %v", err)
				return
			}
			status = response.StatusCode
			go io.Copy(io.Discard, r)
		}()
		nc.Write(data)
		if complete := bytes.Contains(data, []byte("\n\r\n")) || bytes.Contains(data, []byte("\n\n")); complete || len(data) >= 8<<10 {
			<-answered
			if status == 0 {
				t.Error("no answer to a whole request")
			}
		}
		nc.Close()
		<-answered
		if status == http.StatusSwitchingProtocols {
			checkHandshake(t, data)
		} else if status != 0 && (status < 400 || status > 599) {
			t.Errorf("the answer is %d", status)
		}
		expectNobodyNow(t, server)
	})
}

// startPipe starts a server whose connections come from a channel.
func startPipe(f *testing.F) (pipeListener, *wsconn.Server) {
	quiet := slog.New(slog.DiscardHandler)
	storage, err := clientstorage.New(nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{newSessions().authenticator()},
		Logger:         quiet,
	})
	if err != nil {
		f.Fatal(err)
	}
	server := &wsconn.Server{
		Storage: storage, Firewall: fw, Logger: quiet,
		Handler: wsconn.HandlerFunc(echo),
		Limits:  wsconn.Limits{CloseTimeout: 10 * time.Millisecond},
	}
	l := make(pipeListener)
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(l)
	}()
	f.Cleanup(func() {
		server.Shutdown(context.Background())
		close(l)
		<-served
	})
	return l, server
}

// checkHandshake checks that a request that was granted is one for others, too.
func checkHandshake(t *testing.T, data []byte) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return // net/http is the stricter one about bytes in names and values
	}
	if r.Method != http.MethodGet || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") ||
		r.Header.Get("Sec-WebSocket-Version") != "13" || len(r.Header.Get("Sec-WebSocket-Key")) != 24 {
		t.Errorf("101 for %s %s with %v", r.Method, r.URL, r.Header)
	}
}

// expectNobodyNow is expectNobody with short pauses, for it is called often.
func expectNobodyNow(t *testing.T, s *wsconn.Server) {
	t.Helper()
	for range 1000 {
		if attached(s) == 0 {
			return
		}
		time.Sleep(10 * time.Microsecond)
	}
	expectNobody(t, s)
}
