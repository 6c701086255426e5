package main

import (
	"context"
	"errors"
	"io"
	"log/slog"

	redisstore "github.com/eko/gocache/store/redis/v4"
	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
	"github.com/rollcall-go/rollcall/decorator"
)

// Subjects that goals refer to. Over gocache's store every key is a command and
// a round trip by itself, where redisdriver has pipelines.
const (
	rollcallRedis     = "rollcall redisdriver"
	rollcallDecorator = "rollcall gocache"
)

func init() {
	direct := func(_ context.Context, client *redis.Client) (clientstorage.Driver, error) {
		return redisdriver.New(client), nil
	}
	addCluster(rollcallRedis, openRollcall(direct), []string{
		askClusterAttach, askClusterDetach, askClusterStorm, askClusterMemory, askClusterIdle,
		askClusterLookup, askClusterByUser, askClusterOnline, askClusterRewrite, askClusterKill,
	}, "github.com/redis/go-redis/v9")
	decorated := func(ctx context.Context, client *redis.Client) (clientstorage.Driver, error) {
		return decorator.New(ctx, redisstore.NewRedis(client))
	}
	addCluster(rollcallDecorator, openRollcall(decorated), []string{
		askClusterAttach, askClusterDetach, askClusterStorm,
	}, "github.com/eko/gocache/store/redis/v4")
	addHeap("rollcall redis", true, openRollcall(direct))
	addHeap("rollcall memory", false, func(ctx context.Context, spec clusterSpec) (cluster, error) {
		storage, err := clientstorage.New(nil, nil)
		if err != nil {
			return nil, err
		}
		return &rollcallCluster{ctx: ctx, crowd: spec.crowd, nodes: []*clientstorage.Storage{storage}, ids: make([]clientstorage.ID, spec.crowd), log: &failures{}}, nil
	})
}

// A rollcallCluster is as many storages as there are nodes, and one that only
// asks. Each has a redis client of its own, as it would have in its own process.
type rollcallCluster struct {
	ctx     context.Context
	crowd   crowd
	nodes   []*clientstorage.Storage
	reader  *clientstorage.Storage
	ids     []clientstorage.ID
	log     *failures
	closers []func() error
}

// openRollcall returns what opens the storages over a driver.
func openRollcall(driver func(context.Context, *redis.Client) (clientstorage.Driver, error)) openCluster {
	return func(ctx context.Context, spec clusterSpec) (cluster, error) {
		c := &rollcallCluster{ctx: ctx, crowd: spec.crowd, ids: make([]clientstorage.ID, spec.crowd), log: &failures{}}
		for i := range spec.nodes + 1 {
			// As redisdriver's documentation has it.
			client := redis.NewClient(&redis.Options{Addr: spec.addr, ContextTimeoutEnabled: true})
			d, err := driver(ctx, client)
			if err != nil {
				return nil, errors.Join(err, client.Close(), c.close())
			}
			storage, err := clientstorage.New(d, c.options(spec))
			if err != nil {
				return nil, errors.Join(err, client.Close(), c.close())
			}
			c.closers = append(c.closers, func() error { return errors.Join(storage.Close(ctx), client.Close()) })
			if i < spec.nodes {
				c.nodes = append(c.nodes, storage)
			} else {
				c.reader = storage
			}
		}
		return c, nil
	}
}

func (c *rollcallCluster) options(spec clusterSpec) *clientstorage.Options {
	var log io.Writer = c.log
	if spec.troubled {
		log = io.Discard
	}
	return &clientstorage.Options{
		Lease:  spec.lease,
		Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
}

func (c *rollcallCluster) attach(i int) error {
	client := clientstorage.Client{User: c.crowd.user(i), Roles: clusterRoles}
	attached, err := c.nodes[i%len(c.nodes)].Attach(c.ctx, client)
	if err != nil {
		return err
	}
	c.ids[i] = attached.ID
	return nil
}

func (c *rollcallCluster) detach(i int) error {
	return c.nodes[i%len(c.nodes)].Detach(c.ctx, c.ids[i], nil)
}

func (c *rollcallCluster) id(i int) clientstorage.ID { return c.ids[i] }

func (c *rollcallCluster) find(i int) (string, error) { return userOf(c.ctx, c.reader, c.ids[i]) }

func (c *rollcallCluster) byUser(user string) (n int, err error) {
	for _, err := range c.reader.ByUser(c.ctx, user) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func (c *rollcallCluster) online(users []string) (n int, err error) {
	presence, err := c.reader.Online(c.ctx, users...)
	for _, online := range presence.Online {
		if online {
			n++
		}
	}
	return n, err
}

func (c *rollcallCluster) count() (int, error) {
	if c.reader == nil {
		return c.nodes[0].Local().Count().Clients, nil
	}
	count, err := c.reader.Count(c.ctx)
	return count.Clients, err
}

func (c *rollcallCluster) gone(id clientstorage.ID, user string) (bool, error) {
	_, err := c.reader.Lookup(c.ctx, id)
	if !errors.Is(err, clientstorage.ErrNotFound) {
		return false, err
	}
	n, err := c.byUser(user)
	return n == 0, err
}

func (c *rollcallCluster) close() error {
	var errs []error
	for _, f := range c.closers {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

func (c *rollcallCluster) warnings() []string { return c.log.lines() }
