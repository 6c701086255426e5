package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"
	"github.com/lesismal/nbio/nbhttp/websocket"
)

func init() {
	addSockets("nbio", func() socketServer { return newNBIO() }, "github.com/lesismal/nbio")
	addSockets("nbio net/http", func() socketServer { return nbioHTTP{newNBIO()} })
}

// An nbioServer is a server of lesismal/nbio as its documents have it. "nbio" is the
// mode for many clients, IOModNonBlocking, with what its example for a million
// connections sets: payloads that are given back after the call, and a MaxLoad
// above the number of clients; else its defaults, one poller for four CPUs among
// them. "nbio net/http" is the README's server of the standard library. The
// deadline of two minutes that a new client gets is taken away, as in its own
// benchmark: these are idle, and nobody is pinged.
type nbioServer struct {
	guestbook
	upgrader *websocket.Upgrader
}

func newNBIO() *nbioServer {
	logging.SetLevel(logging.LevelNone)
	s := &nbioServer{upgrader: websocket.NewUpgrader()}
	s.upgrader.OnOpen(func(c *websocket.Conn) { c.SetSession(s.enter()) })
	s.upgrader.OnMessage(func(c *websocket.Conn, op websocket.MessageType, payload []byte) {
		_ = c.WriteMessage(op, payload) // an error is told to OnClose
	})
	s.upgrader.OnClose(func(c *websocket.Conn, _ error) {
		if id, ok := c.Session().(string); ok {
			s.exit(id)
		}
	})
	return s
}

func (s *nbioServer) serve(addr string) error {
	engine := nbhttp.NewEngine(nbhttp.Config{
		Network: "tcp", Addrs: []string{addr}, Handler: s, IOMod: nbhttp.IOModNonBlocking,
		MaxLoad: 1_000_000, ReleaseWebsocketPayload: true, MaxWebsocketFramePayloadSize: 1 << 20,
	})
	if err := engine.Start(); err != nil {
		return fmt.Errorf("nbio: %w", err)
	}
	select {} // the engine has goroutines of its own
}

func (s *nbioServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c, err := s.upgrader.Upgrade(w, r, nil); err == nil {
		c.SetReadDeadline(time.Time{})
	}
}

// An nbioHTTP is the same server behind net/http.
type nbioHTTP struct{ *nbioServer }

func (s nbioHTTP) serve(addr string) error { return serveHTTP(addr, s.nbioServer, nil) }
