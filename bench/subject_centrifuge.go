package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/centrifugal/centrifuge"
)

func init() {
	addDialect("centrifuge", dialect{hello: `{"id":1,"connect":{}}`, ask: centrifugeAsk, answered: centrifugeAnswer},
		func() socketServer { return newCentrifuge() }, "github.com/centrifugal/centrifuge")
}

// A centrifugeServer is a node of centrifugal/centrifuge with its own WebSocket
// handler, and the two options that its documentation has for many idle clients:
// buffers for writing from a pool, and commands off the goroutine that reads. It
// pings nobody. Its clients speak JSON and are there when their connect command is
// answered; an echo is an RPC. So they do more than those of the others, and it
// keeps more of them: it is a server of channels.
type centrifugeServer struct{ node *centrifuge.Node }

func newCentrifuge() *centrifugeServer {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		panic(err) // the configuration is right
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}}, nil // anonymous
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnRPC(func(e centrifuge.RPCEvent, answer centrifuge.RPCCallback) {
			answer(centrifuge.RPCReply{Data: e.Data}, nil)
		})
	})
	return &centrifugeServer{node}
}

func (s *centrifugeServer) serve(addr string) error {
	if err := s.node.Run(); err != nil {
		return err
	}
	handler := centrifuge.NewWebsocketHandler(s.node, centrifuge.WebsocketConfig{
		ReadBufferSize: 1024, UseWriteBufferPool: true, ProcessCommandsOffReadLoop: true,
		PingPongConfig: centrifuge.PingPongConfig{PingInterval: -1, PongTimeout: -1},
	})
	return serveHTTP(addr, http.Handler(handler), nil)
}

func (s *centrifugeServer) count() int { return s.node.Hub().NumClients() }

func centrifugeAsk(dst []byte, id uint32, text []byte) []byte {
	return fmt.Appendf(dst, `{"id":%d,"rpc":{"method":"echo","data":"%s"}}`, id+1, text)
}

func centrifugeAnswer(dst []byte, id uint32, text []byte) []byte {
	return fmt.Appendf(dst, `{"id":%d,"rpc":{"data":"%s"}}`, id+1, text)
}
