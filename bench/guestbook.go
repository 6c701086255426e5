package main

import (
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"
)

// A guestbook is what people write by hand for a library that does not remember
// its clients: one map from an id to a session. It counts beside it, since going
// through the map to count it would be charged to the server.
type guestbook struct {
	sessions sync.Map
	clients  atomic.Int64
}

// enter remembers a client, and returns its id.
func (g *guestbook) enter() (id string) {
	id = rand.Text()
	g.sessions.Store(id, &clientSession{"anon-" + id, sessionRoles, time.Now()})
	g.clients.Add(1)
	return id
}

// exit forgets a client. It may be called again.
func (g *guestbook) exit(id string) {
	if _, was := g.sessions.LoadAndDelete(id); was {
		g.clients.Add(-1)
	}
}

func (g *guestbook) count() int { return int(g.clients.Load()) }
