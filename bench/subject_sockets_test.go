package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// The libraries that check no origin, which no subject adds.
var openToAll = []string{"gws", "gws net/http", "gnet", "gobwas", bareLoop}

// Every server does what the questions take for granted.
func TestSocketSubjects(t *testing.T) {
	t.Parallel()
	tested := 0
	for _, s := range subjects {
		if s.sockets == nil {
			continue
		}
		tested++
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			srv, err := startServer(t.Context(), s.name)
			if err != nil {
				t.Fatal(err)
			}
			defer srv.stop()
			checkProtocol(t, s, srv)
			if origin := upgradeFrom(t, s, srv, "http://elsewhere.example", upgradeKey); strings.Contains(origin, " 101 ") != slices.Contains(openToAll, s.name) {
				t.Errorf("a page of another origin is answered with %q", origin)
			}
			const key, accept = "x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk=" // RFC 6455's other example
			if head := upgradeFrom(t, s, srv, "", key); !strings.Contains(head, accept) && s.name != bareLoop {
				t.Errorf("the answer to another key is %q", head)
			}
			checkFleet(t, s, srv)
		})
	}
	if tested < 15 {
		t.Errorf("there are only %d subjects", tested)
	}
}

// checkProtocol has one client talk.
func checkProtocol(t *testing.T, s subject, srv *server) {
	t.Helper()
	conn := dialSubject(t, s, srv)
	defer conn.Close()
	fc := fleetConn{client: client{stage: upgrading}, Conn: conn}
	v := &voice{dialect: &s.dialect}
	in := make([]byte, 4<<10)
	if err := fc.exchange(v, s.dialect.request(srv.addr), in); err != nil {
		t.Fatal(err)
	}
	if err := srv.waitCount(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if s.dialect.ask == nil {
		for _, size := range []int{1, 125, 126, 500} {
			text := strings.Repeat("a", size)
			if _, err := conn.Write(appendClientFrame(nil, ws.OpText, []byte(text))); err != nil {
				t.Fatal(err)
			}
			head, got, err := readFrame(conn)
			if err != nil || head.OpCode != ws.OpText || !head.Fin || head.Masked || string(got) != text {
				t.Fatalf("%d bytes came back as %+v, %d bytes, %v", size, head, len(got), err)
			}
		}
	}
	if err := fc.exchange(v, v.ask(&fc.client, 7, 1, 3, nil), in); err != nil {
		t.Fatal(err)
	}
	if err := fc.exchange(v, v.leave(&fc.client, nil), in); err != io.EOF || fc.ended() != nil {
		t.Errorf("after the close handshake: %v, %v", err, fc.ended())
	}
	if err := srv.waitCount(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

// checkFleet has clients come and go, in the two ways there are.
func checkFleet(t *testing.T, s subject, srv *server) {
	t.Helper()
	ctx := t.Context()
	for _, leave := range []bool{true, false} {
		const n = 30
		f := newFleet(srv.addr, &s.dialect)
		defer f.drop()
		if err := f.connect(ctx, n); err != nil {
			t.Fatal(err)
		}
		if err := srv.waitCount(ctx, n); err != nil {
			t.Fatal(err)
		}
		if err := f.echo(ctx, 20, 10, 3); err != nil {
			t.Fatal(err)
		}
		if leave {
			if err := f.leave(ctx); err != nil {
				t.Fatal(err)
			}
		} else {
			f.drop()
		}
		if err := srv.waitCount(ctx, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// readFrame reads a frame that is known to be short.
func readFrame(r io.Reader) (ws.Header, []byte, error) {
	head, err := ws.ReadHeader(r)
	if err != nil {
		return head, nil, err
	}
	payload := make([]byte, min(head.Length, 64<<10))
	_, err = io.ReadFull(r, payload)
	return head, payload, err
}

func dialSubject(t *testing.T, s subject, srv *server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", srv.addr)
	if err != nil {
		t.Fatal(err)
	}
	if s.dialect.tls {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

// upgradeFrom returns what the request of a page of some origin is answered with.
func upgradeFrom(t *testing.T, s subject, srv *server, origin, key string) string {
	t.Helper()
	conn := dialSubject(t, s, srv)
	defer conn.Close()
	if origin != "" {
		origin = fmt.Sprintf("Origin: %s\r\n", origin)
	}
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", srv.addr, origin, key)
	head := make([]byte, 1024)
	n, err := io.ReadAtLeast(conn, head, 20)
	if err != nil {
		t.Fatal(err)
	}
	return string(head[:n])
}
