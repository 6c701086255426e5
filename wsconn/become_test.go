package wsconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
)

// listening is a handler that counts what it is told of identities.
type listening struct {
	HandlerFunc
	told int
	was  *firewall.Identity
}

func (l *listening) OnIdentity(_ *Conn, was *firewall.Identity) { l.told++; l.was = was }

// connected returns a server with one connection, which was told to its handler.
func connected(t *testing.T, storage *clientstorage.Storage, id *firewall.Identity) (*Server, *Conn, *listening) {
	t.Helper()
	handler := &listening{HandlerFunc: func(*Conn, ws.OpCode, []byte) {}}
	s := &Server{Storage: storage, Handler: handler, Logger: slog.New(slog.DiscardHandler)}
	s.init()
	t.Cleanup(func() { s.Shutdown(context.Background()) })
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	c := enrolled(t, s, ours, id)
	c.release()
	return s, c, handler
}

// enrolled returns a connection whose turn the caller has.
func enrolled(t *testing.T, s *Server, nc net.Conn, id *firewall.Identity) *Conn {
	t.Helper()
	c := s.adopt(nc)
	c.phase = phaseAsked
	if !s.register(c) || !c.open(guest{identity: id}, nil) {
		t.Fatal("the connection is not open")
	}
	return c
}

// settle waits until the crew has done what it was asked to do.
func settle(s *Server, c *Conn) {
	for c.isBusy() {
		time.Sleep(time.Millisecond)
	}
}

func (c *Conn) isBusy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.busy && c.phase < phaseLast
}

func TestBecome(t *testing.T) {
	anne := &firewall.Identity{User: "anne", Roles: []string{"A"}, Attributes: map[string]string{"old": "1", "both": "1"}}
	s, c, _ := connected(t, nil, anne)
	id := c.ID()
	s.Storage.Update(t.Context(), id, func(client *clientstorage.Client) { client.Attributes["page"] = "/chat" })

	other := &firewall.Identity{User: "anne", Roles: []string{"B"}, Attributes: map[string]string{"new": "2", "both": "2"}}
	if s.become(c, &firewall.Identity{User: "anne"}, other) || c.Identity() != anne {
		t.Errorf("it became %+v, though it was not the one it is said to have been", c.Identity())
	}
	if !s.become(c, anne, other) || c.Identity() != other || c.ID() != id {
		t.Errorf("it is %+v", c.Identity())
	}
	stored, err := s.Storage.Lookup(t.Context(), id)
	if want := map[string]string{"new": "2", "both": "2", "page": "/chat"}; err != nil || !maps.Equal(stored.Attributes, want) || stored.Roles[0] != "B" {
		t.Errorf("%+v, %v; want the attributes %v", stored, err, want)
	}

	s.leave(c)
	if s.become(c, other, anne) || c.Identity() != other {
		t.Errorf("it became %+v after it had left", c.Identity())
	}
	if n := s.Storage.Local().Count().Clients; n != 1 {
		t.Errorf("%d clients, want the one that is about to be detached", n)
	}
}

// A client that cannot be what it should be is closed.
func TestCannotBecome(t *testing.T) {
	anne := &firewall.Identity{User: "anne"}
	for _, now := range []*firewall.Identity{
		{User: "anne", Roles: []string{strings.Repeat("A", 300)}},
		{User: strings.Repeat("a", 300), Anonymous: true},
	} {
		s, c, _ := connected(t, nil, anne)
		if s.become(c, anne, now) || !c.isEnding() || c.Identity() != anne {
			t.Errorf("it is %+v, ending: %v", c.Identity(), c.isEnding())
		}
	}
}

// Where no session is read again, what expires still ends.
func TestExpiresWithoutRechecks(t *testing.T) {
	over := &firewall.Identity{User: "anne", Expires: time.Now()}
	s, c, _ := connected(t, nil, over)
	if err := s.recheckThose(t.Context(), isOver); err != nil || !c.isEnding() {
		t.Errorf("%v, ending: %v", err, c.isEnding())
	}
	for _, id := range []*firewall.Identity{{User: "anne"}, {User: "anne", Expires: time.Now().Add(time.Hour)}} {
		if isOver(id) {
			t.Errorf("%+v is over", id)
		}
	}
}

// The handler is told before OnClose only.
func TestToldOfIdentity(t *testing.T) {
	anne, other := &firewall.Identity{User: "anne"}, &firewall.Identity{User: "anne", Roles: []string{"B"}}
	for _, open := range []bool{true, false} {
		s, c, handler := connected(t, nil, anne)
		if !open {
			s.leave(c)
		}
		s.change(c, anne, other)
		settle(s, c)
		if want := map[bool]int{true: 1}[open]; handler.told != want {
			t.Errorf("open: %v: told %d times", open, handler.told)
		}
	}
}

// While a handler is busy, what changes is gathered, not queued.
func TestBusyHandlerIsToldOnce(t *testing.T) {
	first := &firewall.Identity{User: "anne"}
	s, c, handler := connected(t, nil, first)
	c.mu.Lock()
	c.busy = true // as if the handler were
	c.mu.Unlock()
	was := first
	before := runtime.NumGoroutine()
	for i := range 100 {
		now := &firewall.Identity{User: "anne", Roles: []string{fmt.Sprint("ROLE_", i)}}
		s.change(c, was, now)
		was = now
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines wait for a handler, want 0", n-before)
	}
	c.release()
	if handler.told != 1 || handler.was != first || c.Identity() != was {
		t.Errorf("told %d times, of %+v, of one who is %+v now", handler.told, handler.was, c.Identity())
	}
}

// That an identity expires at another time concerns nobody else.
func TestOnlyExpiryChanges(t *testing.T) {
	anne := &firewall.Identity{User: "anne"}
	s, c, handler := connected(t, nil, anne)
	client, later := c.Client(), &firewall.Identity{User: "anne", Expires: time.Now().Add(time.Hour)}
	s.change(c, anne, later)
	settle(s, c)
	if c.Identity() != later || c.Client() != client || handler.told != 0 {
		t.Errorf("%+v, %+v, told %d times", c.Identity(), c.Client(), handler.told)
	}
}

// That a user has given a password in this session, the handler may care for.
func TestRememberedChanges(t *testing.T) {
	anne := &firewall.Identity{User: "anne", Remembered: true}
	s, c, handler := connected(t, nil, anne)
	s.change(c, anne, &firewall.Identity{User: "anne"})
	settle(s, c)
	if handler.told != 1 || c.Identity().Remembered {
		t.Errorf("%+v, told %d times", c.Identity(), handler.told)
	}
}

// The storage has room for 64 roles of a client, and a hierarchy may have more.
func TestManyRoles(t *testing.T) {
	anne := &firewall.Identity{User: "anne"}
	for i := range 100 {
		anne.Roles = append(anne.Roles, fmt.Sprint("ROLE_", i))
	}
	s, c, _ := connected(t, nil, anne)
	if n := len(c.Client().Roles); n != 64 || c.Client().Roles[63] != "ROLE_63" || len(c.Identity().Roles) != 100 {
		t.Errorf("%d roles, %q", n, c.Client().Roles)
	}
	more := &firewall.Identity{User: "anne", Roles: append([]string{"ROLE_X"}, anne.Roles...)}
	if !s.become(c, anne, more) || len(c.Client().Roles) != 64 || c.Client().Roles[0] != "ROLE_X" {
		t.Errorf("%q", c.Client().Roles)
	}
}

// A limit that throws out the new client at once closes its connection.
func TestDisplacedWhileRenamed(t *testing.T) {
	var storage *clientstorage.Storage
	storage, err := clientstorage.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	anne := &firewall.Identity{User: "anne"}
	s, c, _ := connected(t, storage, anne)
	storage.Hook(clientstorage.Hooks{Attached: func(client *clientstorage.Client) {
		go storage.Detach(context.Background(), client.ID, errors.New("away"))
		for {
			if _, err := storage.Lookup(context.Background(), client.ID); err != nil {
				return
			}
		}
	}})
	s.become(c, anne, &firewall.Identity{User: "anon-1", Anonymous: true})
	if !c.isEnding() {
		t.Error("the connection of a client that is not attached stays open")
	}
}
