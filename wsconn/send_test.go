package wsconn_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// byName lets everybody in as the user that the request's path names.
func byName(t *testing.T) *firewall.Firewall {
	t.Helper()
	return newFirewall(t, firewall.Options{Authenticators: []firewall.Authenticator{firewall.AuthenticatorFunc(
		func(_ context.Context, r *firewall.Request) (*firewall.Identity, error) {
			return &firewall.Identity{User: strings.TrimPrefix(r.URI, "/")}, nil
		})}})
}

// connectAs connects as a user of byName, and returns both ends.
func connectAs(t *testing.T, addr, user string, handler *recorder) (*client, *wsconn.Conn) {
	t.Helper()
	c := dial(t, addr)
	c.enter(upgrade(addr).starting("GET /" + user + " HTTP/1.1"))
	return c, receive(t, "OnOpen", handler.opened)
}

func TestSend(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Firewall: byName(t)}
		addr := start(t, server)
		anne, anneConn := connectAs(t, addr, "anne", handler)
		bob, bobConn := connectAs(t, addr, "bob", handler)
		for i := range 10 {
			for _, to := range []*wsconn.Conn{anneConn, bobConn} {
				if err := server.Send(to.ID(), ws.OpBinary, fmt.Append(nil, to.Client().User, i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i := range 10 {
			anne.expect(ws.OpBinary, fmt.Append(nil, "anne", i))
			bob.expect(ws.OpBinary, fmt.Append(nil, "bob", i))
		}
		long := payload(200000)
		if err := server.Send(anneConn.ID(), ws.OpText, long); err != nil {
			t.Fatal(err)
		}
		anne.expect(ws.OpText, long)
		if err := server.Send(anneConn.ID(), ws.OpPing, nil); err == nil || errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Send with the opcode of a ping returns %v", err)
		}
		anne.leave()
		bob.leave()
	})
}

// Nobody gets what is for a client that is not this server's, or not any more, even
// if somebody else has its slot by now.
func TestSendToNobody(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler, others := newRecorder(t, echo), newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		expectNotFound := func(who string, id clientstorage.ID) {
			t.Helper()
			if err := server.Send(id, ws.OpText, []byte("psst")); !errors.Is(err, clientstorage.ErrNotFound) {
				t.Errorf("Send to %s returns %v, want ErrNotFound", who, err)
			}
		}
		expectNotFound("nobody, by an unused server", clientstorage.ID{})
		addr := start(t, server)
		other := &wsconn.Server{Handler: others, Storage: server.Storage}
		theirs := connect(t, start(t, other))
		foreign := receive(t, "OnOpen", others.opened).ID()
		expectNotFound("a client of another server, before there is one", foreign)

		gone := connect(t, addr)
		former := receive(t, "OnOpen", handler.opened).ID()
		gone.leave()
		handler.next()
		expectNotFound("a client that has left", former)

		c := connect(t, addr) // in the slot of the other one
		conn := receive(t, "OnOpen", handler.opened)
		expectNotFound("a client that has left, whose slot is another's", former)
		expectNotFound("a client of another server", foreign)
		expectNotFound("nobody", clientstorage.ID{})
		for range 600 { // more than a page of the index has
			client, err := server.Storage.Attach(t.Context(), clientstorage.Client{User: "nobody's"})
			if err != nil {
				t.Fatal(err)
			}
			expectNotFound("a client without a connection", client.ID)
			defer server.Storage.Detach(context.Background(), client.ID, nil)
		}
		if err := other.Send(conn.ID(), ws.OpText, nil); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("Send to a client of the first server returns %v, want ErrNotFound", err)
		}
		if err := other.Send(foreign, ws.OpText, []byte("yours")); err != nil {
			t.Errorf("Send to its own client returns %v", err)
		}
		theirs.expect(ws.OpText, []byte("yours"))
		c.expectEcho("nothing came before this")
		theirs.leave()
		c.leave()
	})
}

func TestSendWhileClosing(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
		c := connect(t, start(t, server))
		conn := receive(t, "OnOpen", handler.opened)
		conn.Close(4001, "")
		if err := server.Send(conn.ID(), ws.OpText, []byte("late")); !errors.Is(err, wsconn.ErrClosed) {
			t.Errorf("Send to a client that is being closed returns %v, want ErrClosed", err)
		}
		if n, err := server.SendUser(conn.Client().User, ws.OpText, []byte("late")); n != 0 || err != nil {
			t.Errorf("SendUser returns %d, %v, want 0, nil", n, err)
		}
		c.expectClose(4001)
		c.send(closing(4001, ""))
		c.expectEnd()
	})
}

// A user has several tabs open, on two servers that share a storage.
func TestSendUser(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Firewall: byName(t)}
		addr := start(t, server)
		other := &wsconn.Server{Handler: handler, Firewall: byName(t), Storage: server.Storage}
		otherAddr := start(t, other)

		var annes []*client
		for range 3 {
			c, _ := connectAs(t, addr, "anne", handler)
			annes = append(annes, c)
		}
		bob, _ := connectAs(t, addr, "bob", handler)
		elsewhere, _ := connectAs(t, otherAddr, "anne", handler)

		send := func(user string, want int, payload []byte) {
			t.Helper()
			n, err := server.SendUser(user, ws.OpText, payload)
			if n != want || err != nil {
				t.Errorf("SendUser to %s returns %d, %v, want %d", user, n, err, want)
			}
		}
		send("anne", 3, []byte("hello anne"))
		send("bob", 1, []byte("hello bob"))
		send("nobody", 0, []byte("hello nobody"))
		send("", 0, []byte("hello nobody"))
		send("anne", 3, payload(100000))
		for _, c := range annes {
			c.expect(ws.OpText, []byte("hello anne"))
			c.expect(ws.OpText, payload(100000))
		}
		bob.expect(ws.OpText, []byte("hello bob"))
		bob.expectEcho("and no more")
		elsewhere.expectEcho("nothing at all")
		if n, err := server.SendUser("anne", ws.OpClose, nil); n != 0 || err == nil {
			t.Errorf("SendUser with the opcode of a close frame returns %d, %v", n, err)
		}

		annes[0].leave()
		handler.next()
		send("anne", 2, []byte("one has left"))
		for _, c := range annes[1:] {
			c.expect(ws.OpText, []byte("one has left"))
			c.leave()
		}
		bob.leave()
		elsewhere.leave()
	})
}

// Those at their handshake are no clients yet: what they read first must be the
// answer to it.
func TestBroadcastDuringHandshake(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		asked, answer := make(chan struct{}), make(chan struct{})
		store.gate = func(context.Context) error { close(asked); <-answer; return nil }
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Firewall: store.firewall(t, firewall.Options{})}
		addr := start(t, server)
		half, slow, c := dial(t, addr), dial(t, addr), connect(t, addr)
		receive(t, "OnOpen", handler.opened)
		r := upgrade(addr).with(cookie(annesID)).String()
		half.send([]byte(r[:len(r)/2]))
		slow.send([]byte(r))
		receive(t, "question to the firewall", asked)
		store.change(func() { store.gate = nil })
		if err := server.Broadcast(ws.OpText, []byte("to those who are in")); err != nil {
			t.Error(err)
		}
		c.expect(ws.OpText, []byte("to those who are in"))
		close(answer)
		half.send([]byte(r[len(r)/2:]))
		for _, late := range []*client{half, slow} {
			if first, err := late.r.Peek(5); string(first) != "HTTP/" {
				t.Fatalf("the first that a client reads is %q, %v, want a response", first, err)
			}
			late.response()
			late.expectEcho("nothing came before this")
			late.leave()
		}
		c.leave()
	})
}
