// Quickstart is a small website with a WebSocket server beside it, on one port.
// It shows what Rollcall does: a socket belongs to whoever signed in on the
// website, everybody sees at once who comes and goes, and signing out closes
// the sockets of that session.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -addr 127.0.0.1:8081
//
// Then open http://127.0.0.1:8080 in two tabs. By default all is kept in this
// process. With a Redis, several quickstarts are one website: start these two
// and sign in on either port.
//
//	go run ./examples/quickstart -redis 127.0.0.1:6379
//	go run ./examples/quickstart -redis 127.0.0.1:6379 -addr 127.0.0.1:8081
//
// The files, in the order to read them: app.go puts the parts together, site.go
// is the website, explain.go answers why somebody is here or is not, live.go
// serves the sockets, stores.go says where sessions and clients are kept,
// clients.go is how clients and nodes look in JSON, users.go holds the users, and
// page/ is the page.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9/logging"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen on")
	redis := flag.String("redis", "", "`address` of a Redis to keep sessions and clients in, such as 127.0.0.1:6379")
	flag.Parse()
	logging.Disable() // go-redis would log by itself what it also returns

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	if err := run(ctx, *addr, *redis, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends or something fails.
func run(ctx context.Context, addr, redis string, out io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w\nIf another program has the port, try another one: -addr 127.0.0.1:8081", err)
	}
	defer listener.Close()
	app, err := newApp(ctx, redis, listener.Addr().String())
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           app.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	welcome(out, listener.Addr())

	select {
	case <-ctx.Done():
		slog.Info("shutting down")
	case err = <-failed:
	}
	return errors.Join(err, shutdown(server, app))
}

// shutdown takes at most a few seconds. The sockets are no longer the
// http.Server's since they were upgraded, so they are closed by themselves.
func shutdown(server *http.Server, app *app) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		server.Close() // browsers open connections in advance that never ask for anything
	}
	ctx, cancel = context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return app.close(ctx)
}

// welcome says what to do.
func welcome(out io.Writer, addr net.Addr) {
	url := "http://" + addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		url = fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	fmt.Fprintf(out, "Rollcall quickstart on %s - open it in two tabs\n\n", url)
	for _, u := range demoUsers {
		fmt.Fprintf(out, "  sign in as %-6s with %-11s %s\n", u.Name, u.Password, strings.Join(u.Roles, ", "))
	}
	fmt.Fprintf(out, "\nWho is connected, for programs: curl %s/clients\nCtrl-C ends it.\n", url)
}
