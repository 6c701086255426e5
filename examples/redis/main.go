// Redis prints who is connected, on all nodes, and ends. It is what a cron job
// or a worker of the website does: it opens the storage that the WebSocket
// servers share, attaches nobody, and asks.
//
//	go run ./examples/quickstart -redis 127.0.0.1:6379
//	go run ./examples/redis -redis 127.0.0.1:6379
//
// With several addresses, separated by commas, it talks to a Redis Cluster; with
// -master, to the Redis that the Sentinels at the addresses know by that name.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
)

func main() {
	addrs := flag.String("redis", "127.0.0.1:6379", "`addresses` of the Redis")
	master := flag.String("master", "", "`name` of the Redis, if the addresses are those of Sentinels")
	flag.Parse()
	logging.Disable() // go-redis would log by itself what it also returns

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := run(ctx, *addrs, *master, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "redis:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addrs, master string, out io.Writer) (err error) {
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 strings.Split(addrs, ","),
		MasterName:            master,
		DialTimeout:           time.Second,
		ContextTimeoutEnabled: true, // or the context's deadline would not count
	})
	defer func() { err = errors.Join(err, rdb.Close()) }()
	if err := rdb.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("no answer from the Redis at %s: %w\nStart one with redis-server, or say where it is: -redis host:port", addrs, err)
	}
	storage, err := clientstorage.New(redisdriver.New(rdb), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, storage.Close(ctx)) }()
	return list(ctx, storage, out)
}

// list prints a table of the clients. If some of them could not be read, it
// prints the others and says so with an error.
func list(ctx context.Context, storage *clientstorage.Storage, out io.Writer) error {
	var clients []*clientstorage.Client
	var unread []error
	for client, err := range storage.All(ctx) {
		if err != nil {
			unread = append(unread, err)
			continue
		}
		clients = append(clients, client)
	}
	slices.SortFunc(clients, func(a, b *clientstorage.Client) int {
		return cmp.Or(cmp.Compare(a.User, b.User), a.Since.Compare(b.Since))
	})
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "USER\tROLES\tSINCE (UTC)\tNODE")
	for _, c := range clients {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", printable(c.User), printable(strings.Join(c.Roles, " ")),
			c.Since.UTC().Format(time.DateTime), c.ID.Node())
	}
	fmt.Fprintf(table, "%d connected\n", len(clients))
	if err := table.Flush(); err != nil {
		return err
	}
	if unread != nil {
		return fmt.Errorf("the list is not whole: %w", errors.Join(unread...))
	}
	return nil
}

// printable keeps what users may have put into their names off the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
