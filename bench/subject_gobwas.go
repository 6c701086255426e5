package main

import (
	"net"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

func init() { addSockets("gobwas", func() socketServer { return &gobwas{} }, "github.com/gobwas/ws") }

// A gobwas is a server of gobwas/ws as its README has it: it upgrades the bare TCP
// connection, without net/http and with no buffer that stays, and a goroutine for
// each client reads and writes whole messages by wsutil, which is given a limit.
// The README reads from the connection itself, too, so a message takes several
// calls of the kernel. Nobody is pinged. It has no check of the origin.
type gobwas struct{ guestbook }

func (g *gobwas) serve(addr string) error {
	wsutil.SetMaxMessageSize(1 << 20)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go g.echo(conn)
	}
}

func (g *gobwas) echo(conn net.Conn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := ws.Upgrade(conn); err != nil {
		return
	}
	conn.SetDeadline(time.Time{})
	defer g.exit(g.enter())
	for {
		payload, op, err := wsutil.ReadClientData(conn)
		if err != nil {
			return
		}
		conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if err := wsutil.WriteServerMessage(conn, op, payload); err != nil {
			return
		}
	}
}
