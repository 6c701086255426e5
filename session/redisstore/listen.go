package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// quiet is how long a listener waits before it asks the server whether it is
// still there, and then how long for the answer.
const quiet = 2 * time.Second

// invalidations is the channel of CLIENT TRACKING in RESP2.
const invalidations = "__redis__:invalidate"

// A refusal says that a server does not let itself be watched. It is
// errors.ErrUnsupported.
type refusal struct{ error }

func (r refusal) Unwrap() []error { return []error{r.error, errors.ErrUnsupported} }

// listen hears what changes at a node until the connection is lost.
//
// The usual way to have tracking with RESP2 is to redirect the messages to a
// second connection. Here the connection redirects them to itself, so that there
// is nothing of which only one half can break. It is a subscriber, because a
// server bounds what it keeps for a subscriber who does not read, which it does
// not for one who only gets the messages of RESP3.
func (w *watch) listen(ctx context.Context, node *redis.Client) (err error) {
	defer func() {
		// go-redis panics if a server sends other types than it should.
		if v := recover(); v != nil {
			err = fmt.Errorf("redisstore: watch: the client panicked with a %T", v)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	l := line{dial: node.Options().Dialer}
	defer l.close()
	defer context.AfterFunc(ctx, l.close)()

	client := redis.NewClient(w.options(node.Options(), &l))
	defer client.Close()
	sub := client.Subscribe(ctx, invalidations)
	defer sub.Close()
	for {
		message, err := sub.Receive(ctx)
		switch {
		case l.refused.Load() != nil:
			return *l.refused.Load()
		case answered(err) && !errors.Is(err, redis.Nil):
			return refused(err)
		case err != nil:
			// Lost, or a FLUSHALL, whose message go-redis does not understand.
			return failed("watch", err)
		}
		switch m := message.(type) {
		case *redis.Subscription:
			w.changes.everything()
			wg.Go(func() { w.ping(ctx, sub, &l) })
		case *redis.Message:
			w.changes.add(w.store.prefix, m.PayloadSlice)
		}
	}
}

// ping closes the line when the server does not answer any more.
func (w *watch) ping(ctx context.Context, sub *redis.PubSub, l *line) {
	defer l.close()
	for {
		sleep(ctx, w.store.quiet)
		heard := l.heard.Load()
		if ctx.Err() != nil || sub.Ping(ctx) != nil {
			return
		}
		sleep(ctx, w.store.quiet)
		if l.heard.Load() == heard {
			return
		}
	}
}

// options are those of the node's client, for a client of one connection.
func (w *watch) options(node *redis.Options, l *line) *redis.Options {
	opts := *node
	opts.Protocol = 2
	opts.Dialer = l.dialOnce
	opts.OnConnect = func(ctx context.Context, conn *redis.Conn) error {
		if node.OnConnect != nil {
			if err := node.OnConnect(ctx, conn); err != nil {
				return err
			}
		}
		err := track(ctx, conn, w.store.prefix)
		if answered(err) {
			err = refused(err)
			l.refused.Store(&err)
		}
		return err
	}
	opts.MaxRetries, opts.DialerRetries = -1, 1
	opts.ReadTimeout, opts.WriteTimeout = 2*w.store.quiet, 2*w.store.quiet
	opts.ContextTimeoutEnabled = true
	opts.MinIdleConns, opts.PipelinePoolSize = 0, -1
	opts.Limiter, opts.PushNotificationProcessor = nil, nil
	opts.ClientSideCacheConfig, opts.ClientSideCache = nil, nil
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &opts
}

// track asks the server for the changes of all keys with prefix.
func track(ctx context.Context, conn *redis.Conn, prefix string) error {
	id, err := conn.ClientID(ctx).Result()
	if err != nil {
		return err
	}
	args := []any{"client", "tracking", "on", "redirect", id, "bcast"}
	if prefix != "" {
		args = append(args, "prefix", prefix)
	}
	return conn.Do(ctx, args...).Err()
}

// passing are answers of a server that will answer otherwise later.
var passing = []string{"LOADING", "NOAUTH", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "max number of clients reached"}

// refused makes a refusal of a server's answer, unless that one passes.
func refused(err error) error {
	for _, p := range passing {
		if redis.HasErrorPrefix(err, p) {
			return failed("watch", err)
		}
	}
	return refusal{failed("watch: the server must be Redis 6 or Valkey, and its user have the permissions +ping +subscribe +client|id +client|tracking &"+invalidations, err)}
}

// A line is the connection of a listener. When it is lost, a new listener is
// made, and go-redis must not connect again by itself.
type line struct {
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	refused atomic.Pointer[error]
	heard   atomic.Int64 // how often something was read

	mu     sync.Mutex
	conn   net.Conn
	dialed bool
	closed bool
}

var errLineLost = errors.New("the connection is lost")

func (l *line) dialOnce(ctx context.Context, network, addr string) (net.Conn, error) {
	l.mu.Lock()
	again := l.dialed || l.closed
	l.dialed = true
	l.mu.Unlock()
	if again {
		return nil, errLineLost
	}
	conn, err := l.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		conn.Close()
		return nil, errLineLost
	}
	l.conn = conn
	return counted{conn, &l.heard}, nil
}

// close ends a Receive that waits.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		l.conn.Close()
	}
}

type counted struct {
	net.Conn
	reads *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.reads.Add(1)
	}
	return n, err
}
