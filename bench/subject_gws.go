package main

import (
	"net/http"

	"github.com/lxzan/gws"
)

func init() {
	addSockets("gws", func() socketServer { return newGWS() }, "github.com/lxzan/gws")
	addSockets("gws net/http", func() socketServer { return gwsHTTP{newGWS()} })
}

// A gwsServer is a server of lxzan/gws as its README has it: "gws" is the server of
// its quick start, which reads requests from the connection itself, and "gws
// net/http" that of its best practice, whose goroutine lets go of the request. Both
// check that texts are UTF-8, handle the messages of a client one after the other,
// as its echo example does, and recover from panics. The deadline of the README,
// 15 seconds, is left out: it is for clients that ping, and these are idle. Nobody
// is pinged. It has no check of the origin.
type gwsServer struct {
	gws.BuiltinEventHandler
	guestbook
	option *gws.ServerOption
}

func newGWS() *gwsServer {
	return &gwsServer{option: &gws.ServerOption{
		CheckUtf8Enabled: true, Recovery: gws.Recovery, ReadMaxPayloadSize: 1 << 20, Logger: quiet{},
	}}
}

func (s *gwsServer) serve(addr string) error { return gws.NewServer(s, s.option).Run(addr) }

// gwsID is the key of a client's id in the session that gws keeps for it.
const gwsID = "id"

func (s *gwsServer) OnOpen(conn *gws.Conn) { conn.Session().Store(gwsID, s.enter()) }

func (s *gwsServer) OnClose(conn *gws.Conn, _ error) {
	if id, ok := conn.Session().Load(gwsID); ok {
		s.exit(id.(string))
	}
}

func (s *gwsServer) OnMessage(conn *gws.Conn, message *gws.Message) {
	defer message.Close()
	_ = conn.WriteMessage(message.Opcode, message.Bytes()) // an error is told to OnClose
}

// A gwsHTTP is the same server behind net/http.
type gwsHTTP struct{ *gwsServer }

func (s gwsHTTP) serve(addr string) error {
	upgrader := gws.NewUpgrader(s.gwsServer, s.option)
	return serveHTTP(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := upgrader.Upgrade(w, r); err == nil {
			go conn.ReadLoop()
		}
	}), nil)
}

// A quiet is a logger that says nothing: that a client has closed its connection is
// no news here.
type quiet struct{}

func (quiet) Error(...any) {}
