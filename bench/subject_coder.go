package main

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

func init() {
	addSockets("coder net/http", func() socketServer { return &coder{} }, "github.com/coder/websocket")
}

// A coder is a server of coder/websocket as its README and its echo example have
// it: Accept as it is, which checks the origin and does not compress, the handler's
// own goroutine reads, whole messages by Read and Write, ten seconds for a write,
// and CloseNow in the end. The documentation has nothing to set for many clients.
type coder struct{ guestbook }

func (c *coder) serve(addr string) error { return serveHTTP(addr, c, nil) }

func (c *coder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	defer c.exit(c.enter())
	for {
		op, payload, err := conn.Read(context.Background())
		if err != nil || coderWrite(conn, op, payload) != nil {
			return
		}
	}
}

func coderWrite(conn *websocket.Conn, op websocket.MessageType, payload []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return conn.Write(ctx, op, payload)
}
