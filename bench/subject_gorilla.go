package main

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

func init() {
	addSockets(socketBaseline, func() socketServer { return &gorilla{} }, "github.com/gorilla/websocket")
}

// A gorilla is a server of gorilla/websocket as its documentation and its chat
// example have it: buffers of about the size of a message, those for writing
// from a pool, a limit for messages, a deadline for writes, and a new goroutine
// that reads, so that the memory of the request can be collected. It pings
// nobody, which would take another goroutine or a timer.
type gorilla struct{ sessions sync.Map }

var gorillaUpgrader = websocket.Upgrader{
	HandshakeTimeout: 5 * time.Second,
	ReadBufferSize:   1024,
	WriteBufferSize:  1024,
	WriteBufferPool:  &sync.Pool{},
}

func (g *gorilla) serve(addr string) error { return serveHTTP(addr, g) }

func (g *gorilla) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := gorillaUpgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	id := rand.Text()
	g.sessions.Store(id, &clientSession{"anon-" + id, sessionRoles, time.Now()})
	go g.echo(id, conn)
}

func (g *gorilla) echo(id string, conn *websocket.Conn) {
	defer conn.Close()
	defer g.sessions.Delete(id)
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

func (g *gorilla) count() int {
	n := 0
	g.sessions.Range(func(_, _ any) bool { n++; return true })
	return n
}
