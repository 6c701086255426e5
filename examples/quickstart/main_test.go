package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// The program says where it is, serves, and ends soon when it is told to, even
// though a client is connected.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, "127.0.0.1:0", "", w)
		w.Close()
	}()
	text := make([]byte, 4096)
	n, err := r.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, r)
	site := regexp.MustCompile(`http://[0-9.:]+`).FindString(string(text[:n]))
	b := newBrowser(t, site)
	b.expectWhoami(nobody)
	tab := b.openTab()

	start := time.Now()
	stop()
	tab.expectClose(ws.StatusGoingAway)
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("the program did not end")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the program ended after %v", took)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = run(t.Context(), l.Addr().String(), "", io.Discard)
	if err == nil || !strings.Contains(err.Error(), "-addr") {
		t.Errorf("with the port in use: %v, want an error that says what to try", err)
	}
}

func TestNoRedis(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close() // now nobody listens there
	_, err = newApp(t.Context(), addr, "alone")
	if err == nil || !strings.Contains(err.Error(), "Start one") {
		t.Errorf("without a Redis: %v, want an error that says what to try", err)
	}
}

// When the Redis is gone, the node still tells whom it has itself.
func TestRedisGone(t *testing.T) {
	t.Parallel()
	testserver.Lookup(t, "redis-server", "redis-server")
	redis, stop, err := testserver.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	site, app := start(t, redis)
	t.Cleanup(func() { app.close(t.Context()) }) // which fails, for the Redis is gone
	b := newBrowser(t, site)
	tab := b.openTab()

	stop()
	r := b.do("GET", "/clients", "")
	if r.StatusCode != http.StatusOK || r.Header.Get("X-Rollcall-Partial") != "1" || !strings.Contains(string(r.body), tab.me.ID.String()) {
		t.Errorf("GET /clients: %s %v %s", r.Status, r.Header, r.body)
	}
	for !tab.next("clients").Partial {
	}
}
