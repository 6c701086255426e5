package wsconn_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/wsconn"
)

// A server that sends every message back, and a client that says one thing.
func Example() {
	storage, err := clientstorage.New(nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	server := &wsconn.Server{
		Storage: storage,
		Handler: wsconn.HandlerFunc(func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			c.Write(op, payload)
		}),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)

	ctx := context.Background()
	client, _, _, err := ws.Dial(ctx, "ws://"+listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	wsutil.WriteClientText(client, []byte("present"))
	answer, _ := wsutil.ReadServerText(client)
	fmt.Printf("%s, %d connected\n", answer, storage.Local().Count().Clients)

	client.Close()
	server.Shutdown(ctx)
	fmt.Printf("%d connected\n", storage.Local().Count().Clients)
	// Output:
	// present, 1 connected
	// 0 connected
}
