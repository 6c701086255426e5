package wsconn_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"strings"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// Something happens that concerns one user, who has the page open twice.
func ExampleServer_SendUser() {
	// So that the example needs no website: the path says who it is.
	byPath := firewall.AuthenticatorFunc(func(_ context.Context, r *firewall.Request) (*firewall.Identity, error) {
		return &firewall.Identity{User: strings.TrimPrefix(r.URI, "/")}, nil
	})
	guard, err := firewall.New(&firewall.Options{Authenticators: []firewall.Authenticator{byPath}})
	if err != nil {
		log.Fatal(err)
	}
	server := &wsconn.Server{
		Firewall: guard,
		Handler:  wsconn.HandlerFunc(func(c *wsconn.Conn, op ws.OpCode, payload []byte) { c.Write(op, payload) }),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)

	ctx := context.Background()
	var tabs []net.Conn
	for _, user := range []string{"anne", "anne", "bob"} {
		tab, _, _, err := ws.Dial(ctx, "ws://"+listener.Addr().String()+"/"+user)
		if err != nil {
			log.Fatal(err)
		}
		wsutil.WriteClientText(tab, []byte("hello")) // when this comes back, it is connected
		wsutil.ReadServerText(tab)
		tabs = append(tabs, tab)
	}

	n, err := server.SendUser("anne", ws.OpText, []byte("you have mail"))
	fmt.Println(n, err)
	for _, tab := range tabs[:2] {
		news, _ := wsutil.ReadServerText(tab)
		fmt.Printf("%s\n", news)
	}

	for _, tab := range tabs {
		tab.Close()
	}
	server.Shutdown(ctx)
	// Output:
	// 2 <nil>
	// you have mail
	// you have mail
}

// A long list for a client that may be slow: the handler waits when the queue is full,
// and keeps nobody else waiting.
func ExampleConn_WriteWait() {
	ctx := context.Background()
	server := &wsconn.Server{
		Handler: wsconn.HandlerFunc(func(c *wsconn.Conn, op ws.OpCode, _ []byte) {
			for i := range 1000 {
				if err := c.WriteWait(ctx, op, fmt.Appendf(nil, "entry %d", i)); err != nil {
					return // the client is gone
				}
			}
		}),
		Limits: wsconn.Limits{MaxQueueBytes: 4 << 10},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)

	client, _, _, err := ws.Dial(ctx, "ws://"+listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	wsutil.WriteClientText(client, []byte("the list, please"))
	var last []byte
	for range 1000 {
		if last, err = wsutil.ReadServerText(client); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Printf("%s\n", last)

	client.Close()
	server.Shutdown(ctx)
	// Output:
	// entry 999
}
