package main

import (
	"net/http"

	"github.com/olahol/melody"
)

func init() {
	addSockets("melody", func() socketServer { return newMelody() }, "github.com/olahol/melody")
}

// A melodyServer is a server of olahol/melody as its README has it: its defaults,
// with the registry and the pings that belong to it, and messages of up to 512
// bytes. The handler's own goroutine reads, another one writes. Only the check of
// the origin is turned on, which gorilla/websocket has and melody turns off.
type melodyServer struct{ *melody.Melody }

func newMelody() melodyServer {
	m := melody.New()
	m.Upgrader.CheckOrigin = nil // that of gorilla/websocket
	m.HandleMessage(func(s *melody.Session, text []byte) { _ = s.Write(text) })
	return melodyServer{m}
}

func (m melodyServer) serve(addr string) error {
	return serveHTTP(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = m.HandleRequest(w, r) // an error has been answered
	}), nil)
}

func (m melodyServer) count() int { return m.Len() }
