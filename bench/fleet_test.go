package main

import (
	"net"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// A server that does not do what it should makes a fleet fail.
func TestFleetFaults(t *testing.T) {
	answers := map[string]struct {
		upgrade string
		answer  func(op ws.OpCode, payload string) string // "" ends the connection
		fault   string
	}{
		"none":        {goodUpgrade, serverFrame, ""},
		"refuses":     {"HTTP/1.1 400 Bad Request\r\n\r\n", serverFrame, "connect: "},
		"hangs up":    {"", serverFrame, "connect: "},
		"mixes up":    {goodUpgrade, func(op ws.OpCode, p string) string { return strings.Replace(serverFrame(op, p), "1", "2", 1) }, "echo: "},
		"ends":        {goodUpgrade, func(ws.OpCode, string) string { return "" }, "echo: "},
		"no goodbye":  {goodUpgrade, func(op ws.OpCode, p string) string { return strings.TrimPrefix(serverFrame(op, p), "\x88\x02\x03\xe9") }, "leave: "},
		"its goodbye": {goodUpgrade, func(ws.OpCode, string) string { return serverFrame(ws.OpClose, "\x03\xe9") }, "echo: "},
	}
	fleets := map[string]func(addr string) fleet{
		"bare":     func(addr string) fleet { return newFleet(addr, &dialect{}) },
		"net.Conn": func(addr string) fleet { return &connFleet{addr: addr, dialect: &dialect{}} },
	}
	for kind, open := range fleets {
		for name, test := range answers {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				f := open(faultyServer(t, test.upgrade, test.answer))
				defer f.drop()
				err := f.connect(t.Context(), 20)
				if err == nil {
					err = f.echo(t.Context(), 10, 5, 3)
				}
				if err == nil {
					err = f.leave(t.Context())
				}
				if test.fault == "" && err != nil || test.fault != "" && (err == nil || !strings.HasPrefix(err.Error(), test.fault)) {
					t.Errorf("error %v instead of %q", err, test.fault)
				}
			})
		}
	}
}

// faultyServer is a server until the test ends, which closes a connection after a
// close frame.
func faultyServer(t *testing.T, upgrade string, answer func(ws.OpCode, string) string) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				request := make([]byte, 4<<10)
				if n, _ := conn.Read(request); n == 0 || upgrade == "" {
					return
				}
				for says := upgrade; says != ""; {
					if _, err := conn.Write([]byte(says)); err != nil {
						return
					}
					head, payload, err := readFrame(conn)
					if err != nil {
						return
					}
					ws.Cipher(payload, head.Mask, 0)
					says = answer(head.OpCode, string(payload))
					if head.OpCode == ws.OpClose {
						conn.Write([]byte(says))
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// Connections come from many addresses, of which each has ports enough.
func TestSource(t *testing.T) {
	uses := make(map[[4]byte]int)
	for range 4 * 256 {
		addr := source()
		if uses[addr]++; addr[0] != 127 || addr[1] != 0 || addr[2] == 0 || addr[3] == 0 || addr[3] == 255 {
			t.Fatalf("from %v", addr)
		}
	}
	if len(uses) < 4 {
		t.Errorf("1024 connections come from %d addresses", len(uses))
	}
}
