package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/wsconn"
)

// A room is where all sockets lead: everybody in it sees who else is there, and
// hears what anybody says. It is the [wsconn.Handler] of this program.
//
// All messages are JSON objects with a type. A client sends
//
//	{"type":"say", "text":"Hello"}
//
// and gets, as things happen,
//
//	{"type":"you",     "client":{...}}
//	{"type":"clients", "clients":[{...}], "total":1, "partial":false}
//	{"type":"nodes",   "nodes":[{...}], "partial":false}
//	{"type":"said",    "from":{...}, "text":"Hello", "at":"..."}
//	{"type":"error",   "error":"..."}
type room struct {
	storage   *clientstorage.Storage
	broadcast func(op ws.OpCode, payload []byte) error // to the clients of this node
	changed   chan struct{}                            // holds one while a change is not yet told
}

func newRoom(storage *clientstorage.Storage) *room {
	return &room{storage: storage, changed: make(chan struct{}, 1)}
}

// OnOpen tells the client who it is, and everybody that it is there.
func (r *room) OnOpen(c *wsconn.Conn) {
	r.tell(c, event{"type": "you", "client": viewOf(c.Client())})
	r.change()
}

// OnClose tells those who are left.
func (r *room) OnClose(*wsconn.Conn, error) { r.change() }

const maxText = 500 // characters

// OnMessage passes on what a client says, to the clients of this node. To reach
// those of the others, publish it where all nodes subscribe.
func (r *room) OnMessage(c *wsconn.Conn, op ws.OpCode, payload []byte) {
	var in struct{ Type, Text string }
	if op != ws.OpText || json.Unmarshal(payload, &in) != nil || in.Type != "say" {
		r.tell(c, event{"type": "error", "error": "this message makes no sense here"})
		return
	}
	text := strings.TrimSpace(in.Text)
	switch {
	case text == "":
	case utf8.RuneCountInString(text) > maxText:
		r.tell(c, event{"type": "error", "error": "a message has at most 500 characters"})
	default:
		r.tellAll(event{"type": "said", "from": viewOf(c.Client()), "text": text, "at": time.Now().UTC()})
	}
}

// change notes that somebody came or went. It never waits.
func (r *room) change() {
	select {
	case r.changed <- struct{}{}:
	default: // it is noted already
	}
}

const (
	// A crowd that comes at once is told of at most this often. To send a list
	// for each who comes would be as many lists as clients to as many clients.
	pushInterval = 50 * time.Millisecond
	// Other nodes do not call when their clients change, so they are asked.
	pollInterval = time.Second
	// A list is cut off here.
	maxListed = 200
)

// watch tells everybody who is there: at once when somebody comes or goes here,
// and, if the storage is shared with other nodes, soon when that happens there.
func (r *room) watch(ctx context.Context, shared bool) {
	var poll <-chan time.Time
	if shared {
		ticker := time.NewTicker(pollInterval)
		defer ticker.Stop()
		poll = ticker.C
	}
	var told [2][]byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.changed:
			told = [2][]byte{} // whoever has just come was told nothing
		case <-poll:
			if r.storage.Local().Count().Clients == 0 {
				continue // nobody is watching
			}
		}
		for i, list := range r.lists(ctx) {
			if !bytes.Equal(list, told[i]) {
				told[i] = list
				r.send(list)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pushInterval):
		}
	}
}

// lists returns the messages that say who is there, and on which nodes. The ages
// go with the nodes: they change all the time, and the clients do not.
func (r *room) lists(ctx context.Context) [2][]byte {
	ctx, cancel := context.WithTimeout(ctx, pollInterval)
	defer cancel()
	list, err := everybody(ctx, r.storage)
	oldest := make(map[string]float64)
	for i := range list {
		c := &list[i]
		oldest[c.Node] = max(oldest[c.Node], c.Age)
		c.Age = 0
	}
	nodes, nodesErr := theNodes(ctx, r.storage)
	for i := range nodes {
		nodes[i].Age = max(nodes[i].Age, oldest[nodes[i].ID])
	}
	return [2][]byte{
		encode(event{
			"type":    "clients",
			"clients": list[:min(len(list), maxListed)],
			"total":   len(list),
			"partial": err != nil, // the storage logs why
		}),
		encode(event{"type": "nodes", "nodes": nodes, "partial": nodesErr != nil}),
	}
}

// An event is a message to a client.
type event map[string]any

func encode(e event) []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // an event holds nothing that JSON cannot say
	}
	return b
}

func (r *room) tell(c *wsconn.Conn, e event) {
	// If the client is gone, OnClose says so.
	_ = c.Write(ws.OpText, encode(e))
}

func (r *room) tellAll(e event) { r.send(encode(e)) }

func (r *room) send(message []byte) {
	if err := r.broadcast(ws.OpText, message); err != nil {
		slog.Error("cannot broadcast", "err", err)
	}
}
