package wsconn_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/wsconn"
)

// A teller is a handler that writes down what it is told of identities.
type teller struct {
	*recorder
	told chan *firewall.Identity // who it was before
}

func (h teller) OnIdentity(c *wsconn.Conn, was *firewall.Identity) { h.told <- was }

// startFollow starts a server that does not look at sessions by itself.
func startFollow(t *testing.T, start startFunc, store *sessions, opts firewall.Options) (string, teller, *wsconn.Server) {
	t.Helper()
	handler := teller{newRecorder(t, echo), make(chan *firewall.Identity, 10)}
	server := &wsconn.Server{
		Firewall: store.firewall(t, opts),
		Handler:  handler,
		Limits:   wsconn.Limits{RecheckInterval: -1, CloseTimeout: never},
	}
	return start(t, server), handler, server
}

func TestRolesChange(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		addr, handler, server := startFollow(t, start, store, firewall.Options{})
		anne := connect(t, addr, cookie(annesID))
		conn := receive(t, "OnOpen", handler.opened)
		id := conn.ID()

		store.change(func() { store.byID[annesID]["roles"] = []string{"ROLE_USER"} })
		if err := server.RecheckUser(t.Context(), "bob"); err != nil || len(conn.Identity().Roles) != 2 {
			t.Errorf("bob's recheck changes anne to %+v, %v", conn.Identity(), err)
		}
		if err := server.RecheckUser(t.Context(), "anne"); err != nil {
			t.Fatal(err)
		}
		if roles := conn.Identity().Roles; !slices.Equal(roles, []string{"ROLE_USER"}) {
			t.Errorf("the roles are %q", roles)
		}
		stored, err := server.Storage.Lookup(t.Context(), id)
		if err != nil || stored != conn.Client() || !slices.Equal(stored.Roles, []string{"ROLE_USER"}) {
			t.Errorf("the storage has %+v, %v, the connection %+v", stored, err, conn.Client())
		}
		if was := receive(t, "OnIdentity", handler.told); len(was.Roles) != 2 {
			t.Errorf("OnIdentity is told of %+v", was)
		}
		anne.expectEcho("still here")
		anne.leave()
		receive(t, "OnClose", handler.closed)
		expectNobody(t, server)
	})
}

func TestDowngrade(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		addr, handler, server := startFollow(t, start, store, firewall.Options{Gone: firewall.DowngradeGone})
		anne := connect(t, addr, cookie(annesID))
		conn := receive(t, "OnOpen", handler.opened)
		old := conn.ID()

		bob := connect(t, addr, cookie(bobsID))
		receive(t, "OnOpen", handler.opened)
		store.change(func() { delete(store.byID, annesID); store.asked = nil })
		if err := server.RecheckSession(t.Context(), annesID); err != nil {
			t.Fatal(err)
		}
		store.change(func() {
			if !slices.Equal(store.asked, []string{annesID}) {
				t.Error("other sessions were read, too")
			}
		})
		bob.leave()
		eventually(t, "bob has left", func() bool { return attached(server) == 1 })
		if id := conn.Identity(); !id.Anonymous || id.Reason != firewall.ReasonSignedOut || conn.ID() == old || conn.Client().User != id.User {
			t.Errorf("the identity is %+v, the client %+v", id, conn.Client())
		}
		if was := receive(t, "OnIdentity", handler.told); was.User != "anne" {
			t.Errorf("OnIdentity is told of %+v", was)
		}
		if _, err := server.Storage.Lookup(t.Context(), old); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("anne's client is still attached: %v", err)
		}
		if n := attached(server); n != 1 {
			t.Errorf("%d clients are attached, want 1", n)
		}
		anne.expectEcho("still here")

		// The new id is one that the application can close.
		server.Storage.Detach(t.Context(), conn.ID(), wsconn.CloseError{Code: 4003, Reason: "banned"})
		anne.expectClose(4003)
		anne.send(closing(4003, ""))
		anne.expectEnd()
		expectNobody(t, server)
	})
}

func TestIgnoreGone(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		addr, handler, server := startFollow(t, start, store, firewall.Options{Gone: firewall.IgnoreGone})
		anne := connect(t, addr, cookie(annesID))
		conn := receive(t, "OnOpen", handler.opened)
		store.change(func() { delete(store.byID, annesID) })
		if err := server.RecheckUser(t.Context(), "anne"); err != nil || conn.Identity().User != "anne" {
			t.Errorf("%v, %+v", err, conn.Identity())
		}
		anne.expectEcho("still here")
		anne.leave()
	})
}

// The store fails: clients are kept for the grace, and whoever asks is told.
func TestGrace(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		addr, handler, server := startFollow(t, start, store, firewall.Options{Grace: time.Nanosecond})
		anne := connect(t, addr, cookie(annesID))
		receive(t, "OnOpen", handler.opened)
		store.change(func() { store.fault = errors.New("disk on fire") })
		if err := server.RecheckUser(t.Context(), "anne"); err == nil {
			t.Error("nobody is told that the store fails")
		}
		anne.expectEcho("still here")
		if err := server.RecheckUser(t.Context(), "anne"); err != nil {
			t.Errorf("%v; what is done after the grace is no failure", err)
		}
		anne.expectClose(wsconn.StatusSignedOut)
		anne.send(closing(wsconn.StatusSignedOut, ""))
		anne.expectEnd()
		receive(t, "OnClose", handler.closed)
	})
}

// Anne signs out while her handshake is under way, after her session was read.
// Whoever asks for her sessions to be read again must not miss her.
func TestRecheckDuringHandshake(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		read, goOn := make(chan struct{}), make(chan struct{})
		by := store.authenticator()
		identify := by.Identify
		first := true
		by.Identify = func(ctx context.Context, s *session.Session) (*firewall.Identity, error) {
			id, err := identify(ctx, s)
			if first {
				first = false
				close(read)
				<-goOn
			}
			return id, err
		}
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Firewall: newFirewall(t, firewall.Options{Authenticators: []firewall.Authenticator{by}}),
			Handler:  handler, Limits: wsconn.Limits{RecheckInterval: -1, CloseTimeout: never},
		}
		addr := start(t, server)
		anne := dial(t, addr)
		anne.send([]byte(upgrade(addr).with(cookie(annesID)).String()))
		<-read
		store.change(func() { delete(store.byID, annesID) })
		if err := server.RecheckUser(t.Context(), "anne"); err != nil {
			t.Fatal(err)
		}
		close(goOn)
		if response := anne.response(); response.StatusCode != 101 {
			t.Fatal(response.Status)
		}
		anne.expectClose(wsconn.StatusSignedOut)
		anne.send(closing(wsconn.StatusSignedOut, ""))
		anne.expectEnd()
		receive(t, "OnClose", handler.closed)
	})
}

// A handler may ask for a recheck of the connection it is called for.
func TestRecheckInsideHandler(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		var server *wsconn.Server
		handler := teller{newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			if err := server.RecheckUser(t.Context(), "anne"); err != nil {
				t.Error(err)
			}
			c.Write(op, payload)
		}), make(chan *firewall.Identity, 10)}
		server = &wsconn.Server{Firewall: store.firewall(t, firewall.Options{}), Handler: handler, Limits: wsconn.Limits{RecheckInterval: -1}}
		anne := connect(t, start(t, server), cookie(annesID))
		store.change(func() { store.byID[annesID]["roles"] = []string{"ROLE_USER"} })
		anne.expectEcho("hello")
		receive(t, "OnIdentity", handler.told)
		anne.leave()
	})
}

// Whatever the order of downgrades and departures, everybody is detached once.
func TestDowngradeWhileLeaving(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		storage, err := clientstorage.New(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		in := make(map[clientstorage.ID]int)
		storage.Hook(clientstorage.Hooks{
			Attached: func(c *clientstorage.Client) { mu.Lock(); in[c.ID]++; mu.Unlock() },
			Detached: func(c *clientstorage.Client, _ error) { mu.Lock(); in[c.ID]--; mu.Unlock() },
		})
		server := &wsconn.Server{
			Storage: storage, Firewall: store.firewall(t, firewall.Options{Gone: firewall.DowngradeGone}),
			Limits: wsconn.Limits{RecheckInterval: -1},
		}
		addr := start(t, server)
		for range 20 {
			store.change(func() { store.byID[annesID] = map[string]any{"user": "anne"} })
			anne, bob := connect(t, addr, cookie(annesID)), connect(t, addr, cookie(annesID))
			store.change(func() { delete(store.byID, annesID) })
			var wg sync.WaitGroup
			wg.Go(func() { server.RecheckUser(t.Context(), "anne") })
			wg.Go(func() { anne.nc.Close() })
			wg.Wait()
			bob.nc.Close()
			expectNobodyNow(t, server)
		}
		mu.Lock()
		defer mu.Unlock()
		for id, n := range in {
			if n != 0 {
				t.Errorf("%s is attached %d times more than detached", id, n)
			}
		}
	})
}
