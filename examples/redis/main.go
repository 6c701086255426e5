// Redis says who is connected, on all nodes, and ends. It is what a cron job or
// a worker of the website does: it opens the storage that the WebSocket servers
// share, attaches nobody, and asks. So it writes nothing, and has nothing to
// close but its connection.
//
//	go run ./examples/quickstart -redis 127.0.0.1:6379
//	go run ./examples/redis -redis 127.0.0.1:6379
//
// prints the nodes and everybody who is connected. Instead, it prints with
//
//	-user alice          the clients of alice
//	-online alice,bob    which of them have any
//	-explain alice       why she is connected or is not, node by node
//	-explain ID          the same of one client
//
// With several addresses, separated by commas, it talks to a Redis Cluster; with
// -master, to the Redis that the Sentinels at the addresses know by that name.
//
// The questions are in ask.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
)

// A question is where the Redis is, and what is asked: at most one of the three.
type question struct {
	addrs, master         string
	user, online, explain string
}

func main() {
	var q question
	flag.StringVar(&q.addrs, "redis", "127.0.0.1:6379", "`addresses` of the Redis")
	flag.StringVar(&q.master, "master", "", "`name` of the Redis, if the addresses are those of Sentinels")
	flag.StringVar(&q.user, "user", "", "print the clients of the user of this `name`")
	flag.StringVar(&q.online, "online", "", "print which of the users of these `names` are online")
	flag.StringVar(&q.explain, "explain", "", "print why the client of this `ID`, or the user of this name, is visible or is not")
	flag.Parse()
	logging.Disable() // go-redis would log by itself what it also returns

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := run(ctx, q, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "redis:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, q question, out io.Writer) (err error) {
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 strings.Split(q.addrs, ","),
		MasterName:            q.master,
		DialTimeout:           time.Second,
		ContextTimeoutEnabled: true, // or the context's deadline would not count
	})
	defer func() { err = errors.Join(err, rdb.Close()) }()
	if err := rdb.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("no answer from the Redis at %s: %w\nStart one with redis-server, or say where it is: -redis host:port", q.addrs, err)
	}
	storage, err := clientstorage.New(redisdriver.New(rdb), nil)
	if err != nil {
		return err
	}
	switch {
	case q.user != "":
		return printClients(out, storage.ByUser(ctx, q.user))
	case q.online != "":
		return printOnline(ctx, out, storage, strings.Split(q.online, ","))
	case q.explain != "":
		return explain(ctx, out, storage, q.explain)
	default:
		// The nodes that can be read, and who is on them, whatever else cannot.
		return errors.Join(printNodes(ctx, out, storage), printClients(out, storage.All(ctx)))
	}
}
