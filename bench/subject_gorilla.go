package main

import (
	"crypto/tls"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

func init() {
	addSockets(socketBaseline, func() socketServer { return &gorilla{} }, "github.com/gorilla/websocket")
	addDialect("gorilla TLS", dialect{tls: true}, func() socketServer { return &gorilla{tls: selfSigned()} })
}

// A gorilla is a server of gorilla/websocket as its documentation and its chat
// example have it: buffers of about the size of a message, those for writing
// from a pool, a limit for messages, a deadline for writes, and a new goroutine
// that reads, so that the memory of the request can be collected. It pings
// nobody, which would take another goroutine or a timer.
type gorilla struct {
	guestbook
	tls *tls.Config // nil for none
}

var gorillaUpgrader = websocket.Upgrader{
	HandshakeTimeout: 5 * time.Second,
	ReadBufferSize:   1024,
	WriteBufferSize:  1024,
	WriteBufferPool:  &sync.Pool{},
}

func (g *gorilla) serve(addr string) error { return serveHTTP(addr, g, g.tls) }

func (g *gorilla) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := gorillaUpgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	go g.echo(g.enter(), conn)
}

func (g *gorilla) echo(id string, conn *websocket.Conn) {
	defer conn.Close()
	defer g.exit(id)
	conn.SetReadLimit(1 << 20)
	for {
		op, payload, err := conn.ReadMessage()
		if err != nil {
			return
		}
		conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if err := conn.WriteMessage(op, payload); err != nil {
			return
		}
	}
}
