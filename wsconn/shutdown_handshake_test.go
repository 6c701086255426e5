package wsconn_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// Shutdown ends handshakes: one whose request is not complete, and one that the
// session store is asked about.
func TestShutdownDuringHandshake(t *testing.T) {
	t.Parallel()
	store := newSessions()
	store.gate = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	handler := newRecorder(t, echo)
	server := &wsconn.Server{
		Firewall: store.firewall(t, firewall.Options{}),
		Handler:  handler,
		Limits:   wsconn.Limits{HandshakeTimeout: never},
	}
	addr := startServe(t, server)
	half, asked := dial(t, addr), dial(t, addr)
	half.send([]byte("GET /chat HTTP/1.1\r\nHost:"))
	asked.send([]byte(upgrade(addr).with(cookie(annesID)).String()))
	eventually(t, "the store is asked", func() bool { return store.reads.Load() == 1 })
	if err := receive(t, "end of Shutdown", shutdown(server, context.Background())); err != nil {
		t.Errorf("Shutdown returns %v", err)
	}
	for _, c := range []*client{half, asked} {
		if b, _ := c.r.Peek(12); string(b) == "HTTP/1.1 101" {
			t.Error("the client is let in")
		}
	}
	handler.expectNoCalls()
}

// A handshake that net/http has read ends when its request does. If the server
// is down by then, the client is not let in.
func TestShutdownDuringHTTPHandshake(t *testing.T) {
	t.Parallel()
	store, open := newSessions(), make(chan struct{})
	store.gate = func(context.Context) error { <-open; return nil }
	handler := newRecorder(t, echo)
	server := &wsconn.Server{Firewall: store.firewall(t, firewall.Options{}), Handler: handler}
	addr := startHTTP(t, server)
	c := dial(t, addr)
	c.send([]byte(upgrade(addr).with(cookie(annesID)).String()))
	eventually(t, "the store is asked", func() bool { return store.reads.Load() == 1 })
	if err := server.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown returns %v", err)
	}
	close(open)
	expectUnavailable(t, c.response())
	late := dial(t, addr)
	late.send([]byte(upgrade(addr).String()))
	expectUnavailable(t, late.response())
	handler.expectNoCalls()
}

// A slowDriver does not save pages of clients, which keeps Attach waiting.
type slowDriver struct{ clientstorage.MemoryDriver }

func (d *slowDriver) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if strings.Contains(key, ":p:") {
		<-ctx.Done()
	}
	return d.MemoryDriver.Save(ctx, key, value, ttl)
}

// A client that is being attached when the server shuts down never opens, so it
// must not close either: a handler that counts would count below zero. The
// recorder checks that.
func TestShutdownDuringAttach(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		storage, err := clientstorage.New(&slowDriver{}, &clientstorage.Options{
			Timeout: never,
			Lease:   3 * time.Second, // bounds the write, and with it Close
			Logger:  slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { storage.Close(context.Background()) })
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Storage: storage}
		addr := start(t, server)
		dial(t, addr).enter(upgrade(addr))
		eventually(t, "the client is being attached", func() bool { return attached(server) == 1 })
		if err := receive(t, "end of Shutdown", shutdown(server, context.Background())); err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		handler.expectNoCalls()
	})
}
