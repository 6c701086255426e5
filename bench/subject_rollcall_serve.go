package main

import (
	"net"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/wsconn"
)

// rollcallServe is the name of the subject that the goals are for.
const rollcallServe = "rollcall Serve"

func init() {
	addSockets(rollcallServe, func() socketServer { return newRollcallServer() }, "github.com/gobwas/ws")
}

// A rollcallServer is a wsconn.Server with the limits that it has by default.
type rollcallServer struct{ *wsconn.Server }

func newRollcallServer() rollcallServer {
	storage, _ := clientstorage.New(nil, nil) // cannot fail without a driver
	return rollcallServer{&wsconn.Server{
		Storage: storage,
		Handler: wsconn.HandlerFunc(func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			_ = c.Write(op, payload) // a connection that is gone tells it to OnClose
		}),
	}}
}

func (s rollcallServer) serve(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(l)
}

func (s rollcallServer) count() int { return s.Storage.Local().Count().Clients }
