package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session/scssession"
	"github.com/rollcall-go/rollcall/wsconn"
)

// An app is the website and the sockets, with all that is behind them.
type app struct {
	handler http.Handler
	sockets *wsconn.Server
	storage *clientstorage.Storage
	stores  *stores
	stop    context.CancelFunc // ends the goroutine of the room
}

// newApp puts the parts together. The name is what people call this node.
func newApp(ctx context.Context, redis, name string) (*app, error) {
	stores, err := openStores(ctx, redis)
	if err != nil {
		return nil, err
	}

	// The website signs its visitors in, and knows nothing of sockets.
	sessions := newSessions(stores.sessions)

	// The firewall reads the same sessions: who opens a socket is who signed in.
	readable := scssession.New(sessions)
	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: readable,
			Cookie:   readable.Cookie(),
			Identify: firewall.Keys(firewall.Path{"user"}, firewall.Path{"roles"}),
		}},
	})
	if err != nil {
		return nil, errors.Join(err, stores.close())
	}

	// The storage remembers who is connected.
	storage, err := clientstorage.New(stores.clients, &clientstorage.Options{Name: name})
	if err != nil {
		return nil, errors.Join(err, stores.close())
	}

	// The sockets lead into one room.
	room := newRoom(storage)
	sockets := &wsconn.Server{
		Storage:  storage,
		Firewall: fw,
		Handler:  room,
		Limits: wsconn.Limits{
			MaxMessageBytes: 4 << 10,
			// How soon the sockets of a session that has ended are closed, and how
			// long after that one is dropped that does not answer.
			RecheckInterval: 500 * time.Millisecond,
			CloseTimeout:    500 * time.Millisecond,
		},
	}
	room.broadcast = sockets.Broadcast

	site := newSite(sessions, storage)
	mux := http.NewServeMux()
	mux.Handle("/ws", sockets) // not behind the middleware of the website
	mux.Handle("/", site)

	watching, stop := context.WithCancel(context.Background())
	go room.watch(watching, stores.shared)
	return &app{mux, sockets, storage, stores, stop}, nil
}

// newSessions returns the sessions of the website. An attacker who could choose
// a visitor's session, or read it in a script, would be that visitor.
func newSessions(store scs.Store) *scs.SessionManager {
	sessions := scs.New()
	sessions.Store = store
	sessions.Lifetime = 12 * time.Hour
	sessions.Cookie.Name = "rollcall_session"
	sessions.Cookie.HttpOnly = true
	sessions.Cookie.SameSite = http.SameSiteLaxMode
	sessions.Cookie.Secure = false // set it where the website is https
	return sessions
}

// close says good-bye to all clients, and takes this node's off the list that
// the other nodes see.
func (a *app) close(ctx context.Context) error {
	a.stop()
	if err := a.sockets.Shutdown(ctx); err != nil {
		err = fmt.Errorf("some clients did not answer the close: %w", err)
		return errors.Join(err, a.storage.Close(ctx), a.stores.close())
	}
	return errors.Join(a.storage.Close(ctx), a.stores.close())
}
