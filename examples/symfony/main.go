// Command symfony tells who is connected from the pages of a Symfony website, by
// the website's own sessions. Run it beside yours:
//
//	go run . -dsn redis://localhost:6379 -context main -site https://www.example.com -user 'App\Entity\User=email'
//
// README.md has more, and a website to try it with.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Fatal(err)
	}
}

// run serves until ctx ends, or prints one diagnosis.
func run(ctx context.Context, args []string, out io.Writer) error {
	c, err := parse(args, out)
	if err != nil {
		return err
	}
	sessions, err := c.sessions()
	if err != nil {
		return err
	}
	defer sessions.Close()
	who, err := c.firewall(sessions)
	if err != nil {
		return err
	}
	if c.diagnose != "" {
		_, err := fmt.Fprint(out, who.Diagnose(ctx, &firewall.Request{Cookie: c.diagnose, Origin: c.site, Host: c.addr}))
		return err
	}
	if err := sessions.Check(ctx); err != nil {
		return err // a wrong address or a missing table, before the first client finds it
	}
	return serve(ctx, c, who, out)
}

func serve(ctx context.Context, c *config, who *firewall.Firewall, out io.Writer) error {
	l, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	server := c.server(who, out)
	fmt.Fprintf(out, "waiting for sockets from %s on ws://%s/\n", c.site, l.Addr())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = server.Shutdown(ctx)
	<-ended
	return err
}
