package wsconn_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// patience bounds whatever a test waits for. It is long, because it is reached
// only when something is wrong, and the machine may be busy.
const patience = 20 * time.Second

// never is for limits that must not matter in a test.
const never = time.Hour

// A startFunc starts a server and returns its address. The server is stopped
// when the test ends, which by then must have left no client behind.
type startFunc func(t *testing.T, s *wsconn.Server) (addr string)

// eachWay runs a test for both ways into a server.
func eachWay(t *testing.T, test func(t *testing.T, start startFunc)) {
	t.Parallel()
	for name, start := range map[string]startFunc{"Serve": startServe, "ServeHTTP": startHTTP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start)
		})
	}
}

func startServe(t *testing.T, s *wsconn.Server) string {
	t.Helper()
	return startOn(t, s, listen(t))
}

// startOn is startServe with a listener.
func startOn(t *testing.T, s *wsconn.Server, l net.Listener) string {
	t.Helper()
	complete(t, s)
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.Serve(l)
	}()
	t.Cleanup(func() {
		stop(t, s)
		<-served
	})
	return l.Addr().String()
}

func startHTTP(t *testing.T, s *wsconn.Server) string {
	t.Helper()
	return startHTTPWith(t, s, nil)
}

// startHTTPWith is startHTTP with TLS, if config is not nil.
func startHTTPWith(t *testing.T, s *wsconn.Server, config *tls.Config) string {
	t.Helper()
	complete(t, s)
	hs := httptest.NewUnstartedServer(s)
	hs.Listener.Close()
	hs.Listener = listen(t)
	hs.Config.ErrorLog = log.New(io.Discard, "", 0)
	if hs.TLS = config; config != nil {
		hs.StartTLS()
	} else {
		hs.Start()
	}
	t.Cleanup(func() {
		stop(t, s)
		hs.Close()
	})
	return hs.Listener.Addr().String()
}

// complete sets the fields that a test did not, so that the storage is there
// before the first connection and nothing is logged.
func complete(t *testing.T, s *wsconn.Server) {
	t.Helper()
	var err error
	if s.Storage == nil {
		if s.Storage, err = clientstorage.New(nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if s.Firewall == nil {
		s.Firewall = newFirewall(t, firewall.Options{})
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
}

func newFirewall(t *testing.T, opts firewall.Options) *firewall.Firewall {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	fw, err := firewall.New(&opts)
	if err != nil {
		t.Fatal(err)
	}
	return fw
}

// stop checks that all clients are gone without the help of Shutdown.
func stop(t *testing.T, s *wsconn.Server) {
	t.Helper()
	expectNobody(t, s)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// expectNobody waits until no client is attached.
func expectNobody(t *testing.T, s *wsconn.Server) {
	t.Helper()
	eventually(t, "no client is attached", func() bool { return attached(s) == 0 })
}

func attached(s *wsconn.Server) int { return s.Storage.Local().Count().Clients }

// eventually waits until what holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Errorf("after %v still not true: %s", patience, what)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// receive returns the next value of ch.
func receive[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("after %v still no %s", patience, what)
		panic("not reached")
	}
}
