// Command minimal serves websockets to the visitors of a Go website, and
// remembers in a cache who is connected. The README shows it.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/alexedwards/scs/v2"
	"github.com/dgraph-io/ristretto"
	ristrettostore "github.com/eko/gocache/store/ristretto/v4"
	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session/scssession"
	"github.com/rollcall-go/rollcall/wsconn"
)

func newServer(ctx context.Context, website *scs.SessionManager) *wsconn.Server {
	// Who is connected: kept in any cache that gocache has a store for.
	memory := must(ristretto.NewCache(&ristretto.Config{NumCounters: 1e6, MaxCost: 64 << 20, BufferItems: 64}))
	cache := must(decorator.New(ctx, ristrettostore.NewRistretto(memory)))
	storage := must(clientstorage.New(cache, nil))

	// Who they are: what the website's own sessions say.
	sessions := scssession.New(website)
	who := must(firewall.New(&firewall.Options{Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
		Sessions: sessions,
		Cookie:   sessions.Cookie(),
		Identify: firewall.Keys(firewall.Path{"user"}, firewall.Path{"roles"}),
	}}}))

	// What they say goes to all of them.
	server := &wsconn.Server{Storage: storage, Firewall: who}
	server.Handler = wsconn.HandlerFunc(func(c *wsconn.Conn, op ws.OpCode, said []byte) {
		server.Broadcast(op, append([]byte(c.Client().User+": "), said...))
	})
	return server
}

func main() {
	http.Handle("/ws", newServer(context.Background(), scs.New()))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
