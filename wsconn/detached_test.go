package wsconn_test

import (
	"errors"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// startWith serves with a storage of its own, which lets anne in by her cookie.
func startWith(t *testing.T, start startFunc, opts *clientstorage.Options) (*wsconn.Server, string, *recorder) {
	storage, err := clientstorage.New(nil, opts)
	if err != nil {
		t.Fatal(err)
	}
	handler := newRecorder(t, echo)
	server := &wsconn.Server{
		Storage:  storage,
		Firewall: newSessions().firewall(t, firewall.Options{}),
		Handler:  handler,
	}
	return server, start(t, server), handler
}

// expectClosing checks how a client is closed, and answers.
func expectClosing(c *client, code ws.StatusCode) {
	c.expectClose(code)
	c.send(closing(code, ""))
	c.expectEnd()
}

// Whoever detaches a client from the storage closes its connection.
func TestDetachedByApplication(t *testing.T) {
	for name, test := range map[string]struct {
		reason error
		code   ws.StatusCode
	}{
		"no reason":      {nil, ws.StatusPolicyViolation},
		"its own reason": {errors.New("banned"), ws.StatusPolicyViolation},
		"a close code":   {wsconn.CloseError{Code: 4003, Reason: "banned"}, 4003},
	} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, start startFunc) {
				server, addr, handler := startWith(t, start, nil)
				anne, bob := connect(t, addr, cookie(annesID)), connect(t, addr, cookie(bobsID))
				anne.expectEcho("hello")
				bob.expectEcho("hello")
				for c := range server.Storage.Local().ByUser("anne") {
					if err := server.Storage.Detach(t.Context(), c.ID, test.reason); err != nil {
						t.Errorf("Detach: %v", err)
					}
				}
				expectClosing(anne, test.code)
				if err := handler.next(); !isClose(err, test.code) {
					t.Errorf("OnClose gets %v; want a CloseError with %d", err, test.code)
				}
				bob.expectEcho("still here")
				bob.leave()
				handler.next()
				expectNobody(t, server)
			})
		})
	}
}

func isClose(err error, code ws.StatusCode) bool {
	ce, ok := errors.AsType[wsconn.CloseError](err)
	return ok && ce.Code == code
}

func TestLimitPerUser(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		server, addr, handler := startWith(t, start, &clientstorage.Options{PerUser: clientstorage.Limit{Max: 1}})
		first := connect(t, addr, cookie(annesID))
		first.expectEcho("first")
		connect(t, addr, cookie(annesID)).expectClose(wsconn.StatusTooMany)
		bob := connect(t, addr, cookie(bobsID))
		bob.expectEcho("another user")
		first.expectEcho("still here")
		bob.leave()
		first.leave()
		handler.next()
		handler.next()
		expectNobody(t, server)
	})
}

func TestDisplaced(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		server, addr, handler := startWith(t, start, &clientstorage.Options{PerUser: clientstorage.Limit{Max: 1, DetachOldest: true}})
		first := connect(t, addr, cookie(annesID))
		first.expectEcho("first")
		second := connect(t, addr, cookie(annesID))
		expectClosing(first, wsconn.StatusDisplaced)
		if err := handler.next(); !isClose(err, wsconn.StatusDisplaced) {
			t.Errorf("OnClose gets %v; want a CloseError with %d", err, wsconn.StatusDisplaced)
		}
		second.expectEcho("second")
		second.leave()
		handler.next()
		expectNobody(t, server)
	})
}
