package wsconn_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/wsconn"
)

func TestOrigin(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		_, port, _ := strings.Cut(addr, ":")
		for _, origin := range []string{
			"http://evil.example",
			"null",
			"https://" + addr,
			"http://localhost:" + port,
			"http://127.0.0.1",
			"http://" + addr + ".evil.example",
			"http://evil.example@" + addr,
		} {
			t.Run("foreign "+origin, func(t *testing.T) {
				c := dial(t, addr)
				c.send([]byte(upgrade(addr).with("Origin: " + origin).String()))
				if response := c.response(); response.StatusCode != 403 {
					t.Errorf("the answer is %s, want 403", response.Status)
				}
				handler.expectNoCalls()
				expectNobody(t, server)
			})
		}
		t.Run("own", func(t *testing.T) {
			connect(t, addr, "Origin: http://"+addr).leave()
		})
	})
}

func TestRefusedClients(t *testing.T) {
	tests := []struct {
		name   string
		opts   firewall.Options
		fault  error
		header []string
		status int
	}{
		{name: "malformed cookie, anonymous refused", header: []string{cookie("../../etc/passwd")}, status: 401,
			opts: firewall.Options{RefuseAnonymous: true}},
		{name: "store fails", fault: errors.New("disk on fire"), header: []string{cookie(annesID)}, status: 503},
		{name: "unreadable session, anonymous refused", fault: session.ErrUnreadable, header: []string{cookie(annesID)}, status: 401,
			opts: firewall.Options{RefuseAnonymous: true}},
		{name: "no role", header: []string{cookie(bobsID)}, status: 403, opts: firewall.Options{AnyRole: []string{"ROLE_ADMIN"}}},
		{name: "no cookie, anonymous refused", status: 401, opts: firewall.Options{RefuseAnonymous: true}},
		{name: "unknown session, anonymous refused", status: 401, opts: firewall.Options{RefuseAnonymous: true},
			header: []string{cookie("nobodys-session-012345")}},
		{name: "two origins", header: []string{cookie(annesID), "Origin: http://evil.example", "Origin: http://evil.example"}, status: 403},
		{name: "foreign origin with a session", header: []string{cookie(annesID), "Origin: http://evil.example"}, status: 403},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				store := newSessions()
				store.fault = test.fault
				handler := newRecorder(t, echo)
				server := &wsconn.Server{Firewall: store.firewall(t, test.opts), Handler: handler}
				addr := start(t, server)
				c := dial(t, addr)
				c.send([]byte(upgrade(addr).with(test.header...).String()))
				if response := c.response(); test.status == 503 {
					expectUnavailable(t, response)
				} else if response.StatusCode != test.status {
					t.Errorf("the answer is %s, want %d", response.Status, test.status)
				}
				handler.expectNoCalls()
				expectNobody(t, server)
			})
		}
	})
}

// What the firewall finds is what the handler and the storage are told.
func TestIdentity(t *testing.T) {
	admin := []string{"ROLE_ADMIN", "ROLE_USER"}
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Firewall: newSessions().firewall(t, firewall.Options{}), Handler: handler}
		addr := start(t, server)

		anne := connect(t, addr, cookie(annesID))
		conn := receive(t, "OnOpen", handler.opened)
		if id := conn.Identity(); id.User != "anne" || !slices.Equal(id.Roles, admin) || id.Anonymous {
			t.Errorf("Identity is %+v, want anne, who is %v", id, admin)
		}
		if cl := conn.Client(); cl.ID != conn.ID() || cl.User != "anne" || !slices.Equal(cl.Roles, admin) || cl.Anonymous {
			t.Errorf("Client is %+v, want anne, who is %v", cl, admin)
		}
		if got, err := server.Storage.Lookup(t.Context(), conn.ID()); err != nil || got != conn.Client() {
			t.Errorf("Lookup returns %+v, %v, want the client", got, err)
		}
		if got, want := conn.RemoteAddr().String(), anne.nc.LocalAddr().String(); got != want {
			t.Errorf("RemoteAddr is %s, want %s", got, want)
		}
		anne.leave()

		for _, header := range [][]string{nil, {cookie("nobodys-session-012345")}, {"Cookie: SID="}, {cookie("../../etc/passwd")}} {
			visitor := connect(t, addr, header...)
			conn := receive(t, "OnOpen", handler.opened)
			if id := conn.Identity(); !id.Anonymous || !strings.HasPrefix(id.User, "anon-") || len(id.Roles) != 0 {
				t.Errorf("with %q: Identity is %+v, want an anonymous one", header, id)
			}
			if cl := conn.Client(); !cl.Anonymous || cl.User != conn.Identity().User {
				t.Errorf("with %q: Client is %+v, want an anonymous one", header, cl)
			}
			visitor.leave()
		}
	})
}

// A client that the storage does not take is not told to the handler.
func TestCannotAttach(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		store.byID[annesID]["user"] = strings.Repeat("a", 300) // longer than a Client's User may be
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Firewall: store.firewall(t, firewall.Options{}), Handler: handler}
		c := connect(t, start(t, server), cookie(annesID))
		c.expectClose(ws.StatusInternalServerError)
		c.expectEnd()
		handler.expectNoCalls()
		expectNobody(t, server)
	})
}
