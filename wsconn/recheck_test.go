package wsconn_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/wsconn"
)

// startRecheck starts a server that reads sessions all the time.
func startRecheck(t *testing.T, start startFunc, store *sessions) (addr string, handler *recorder) {
	t.Helper()
	handler = newRecorder(t, echo)
	return start(t, &wsconn.Server{
		Firewall: store.firewall(t, firewall.Options{}),
		Handler:  handler,
		Limits:   wsconn.Limits{RecheckInterval: 20 * time.Millisecond, CloseTimeout: never},
	}), handler
}

// What a website does to anne's session while she is connected, for which she
// is closed.
func TestRecheckCloses(t *testing.T) {
	changes := map[string]func(*sessions){
		"signed out":       func(s *sessions) { delete(s.byID, annesID) },
		"user removed":     func(s *sessions) { delete(s.byID[annesID], "user") },
		"user changed":     func(s *sessions) { s.byID[annesID]["user"] = "bob" },
		"user gets absurd": func(s *sessions) { s.byID[annesID]["user"] = []string{"anne"} },
		"unreadable":       func(s *sessions) { s.broken[annesID] = session.ErrUnreadable },
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, change := range changes {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				store := newSessions()
				addr, handler := startRecheck(t, start, store)
				bob := connect(t, addr, cookie(bobsID))
				anne := connect(t, addr, cookie(annesID))
				visitor := connect(t, addr)
				store.expectReads(t, 4)
				anne.expectEcho("so far, so good")

				store.change(func() { change(store) })
				reason := anne.expectClose(wsconn.StatusSignedOut)
				anne.send(closing(wsconn.StatusSignedOut, ""))
				anne.expectEnd()
				handler.expectClosed(wsconn.CloseError{Code: wsconn.StatusSignedOut, Reason: reason})

				// That is nothing to the others.
				store.expectReads(t, 4)
				for _, c := range []*client{bob, visitor} {
					c.expectEcho("still here")
					c.leave()
				}
			})
		}
	})
}

func TestRecheckKeeps(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		addr, handler := startRecheck(t, start, store)
		anne := connect(t, addr, cookie(annesID))

		store.expectReads(t, 4)
		anne.expectEcho("nothing has changed")

		store.change(func() { store.byID[annesID]["basket"] = "apples" })
		store.expectReads(t, 4)
		anne.expectEcho("nothing that matters has changed")

		store.change(func() { store.fault = errors.New("disk on fire") })
		store.expectReads(t, 4)
		anne.expectEcho("nobody knows")
		if n := handler.closes.Load(); n != 0 {
			t.Errorf("%d connections were closed", n)
		}

		// When the store is back, so is its word.
		store.change(func() { store.fault = nil; delete(store.byID, annesID) })
		anne.expectClose(wsconn.StatusSignedOut)
		anne.send(closing(wsconn.StatusSignedOut, ""))
		anne.expectEnd()
		handler.next()
	})
}

// Some sessions cannot be read. That says nothing about the others, which must be
// read all the same, lest a broken one keep people signed in.
func TestRecheckGoesOnBehindAFault(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		addr, _ := startRecheck(t, start, store)
		const all, broken = 60, 6
		var clients []*client
		for i := range all {
			id := fmt.Sprintf("%s-%d", annesID, i)
			store.change(func() { store.byID[id] = map[string]any{"user": "anne"} })
			clients = append(clients, connect(t, addr, cookie(id)))
			if i < broken {
				store.change(func() { store.broken[id] = errors.New("what is this?") })
			}
		}
		// Of any 2*all reads that come one after the other, some are a whole
		// round. A round that stops at the first fault, wherever it begins, does
		// not see everybody in so many.
		store.change(func() { store.asked = nil })
		store.expectReads(t, 3*all)
		seen := make(map[string]bool)
		store.change(func() {
			for _, id := range store.asked {
				seen[id] = true
			}
		})
		if len(seen) != all {
			t.Errorf("%d of %d sessions are not read again, because %d cannot be", all-len(seen), all, broken)
		}
		for _, c := range clients {
			c.expectEcho("still here")
			c.leave()
		}
	})
}

func TestRecheckTurnedOff(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store := newSessions()
		addr := start(t, &wsconn.Server{
			Firewall: store.firewall(t, firewall.Options{}),
			Handler:  newRecorder(t, echo),
			Limits:   wsconn.Limits{RecheckInterval: -1},
		})
		c := connect(t, addr, cookie(annesID))
		c.expectEcho("I am here")
		c.leave()
		if n := store.reads.Load(); n != 1 {
			t.Errorf("the session was read %d times, want 1", n)
		}
	})
}
