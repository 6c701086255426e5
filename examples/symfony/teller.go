package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// A teller tells clients who they are, and the terminal who comes and goes.
type teller struct {
	mu  sync.Mutex
	out io.Writer
}

var _ wsconn.IdentityHandler = (*teller)(nil)

func (t *teller) OnOpen(c *wsconn.Conn) {
	t.print("+", c.Identity(), "")
	t.tell(c)
}

func (t *teller) OnMessage(*wsconn.Conn, ws.OpCode, []byte) {}

func (t *teller) OnIdentity(c *wsconn.Conn, was *firewall.Identity) {
	t.print("~", c.Identity(), "")
	t.tell(c)
}

func (t *teller) OnClose(c *wsconn.Conn, err error) {
	t.print("-", c.Identity(), err.Error())
}

// A told is what a client gets to know of itself.
type told struct {
	User         string   `json:"user"`
	Anonymous    bool     `json:"anonymous"`
	Reason       string   `json:"reason,omitempty"` // why it is anonymous
	Roles        []string `json:"roles"`
	Context      string   `json:"context"`
	Remembered   bool     `json:"remembered"`
	Impersonator string   `json:"impersonator,omitempty"`
}

func (t *teller) tell(c *wsconn.Conn) {
	id := c.Identity()
	text, err := json.Marshal(told{id.User, id.Anonymous, string(id.Reason), id.Roles, id.Context, id.Remembered, id.Impersonator})
	if err == nil {
		c.Write(ws.OpText, text) // it fails if the client is gone, which OnClose tells
	}
}

func (t *teller) print(what string, id *firewall.Identity, why string) {
	line := fmt.Sprintf("%s %s", what, id.User)
	if id.Anonymous {
		line += ": " + string(id.Reason)
	} else {
		line = fmt.Sprintf("%s %q of %s %q", what, id.User, id.Context, id.Roles)
	}
	if id.Remembered {
		line += ", remembered"
	}
	if id.Impersonator != "" {
		line += fmt.Sprintf(", who is %q", id.Impersonator)
	}
	if why != "" {
		line += ": " + why
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintln(t.out, line)
}
