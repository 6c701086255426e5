package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"github.com/eko/gocache/lib/v4/store"
	redisstore "github.com/eko/gocache/store/redis/v4"
	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
)

const plainGocache = "plain gocache store"

func init() {
	addCluster(plainGocache, openPlainGocache, []string{
		askClusterAttach, askClusterDetach, askClusterStorm, askClusterMemory, askClusterIdle, askClusterLookup,
	}, "github.com/eko/gocache/store/redis/v4")
}

// A gocacheCluster has a value for each client in gocache's store, and no more.
type gocacheCluster struct {
	ctx     context.Context
	crowd   crowd
	clients []*redis.Client
	stores  []*redisstore.RedisStore // the last one is who asks
	ids     []string
}

func openPlainGocache(ctx context.Context, spec clusterSpec) (cluster, error) {
	c := &gocacheCluster{ctx: ctx, crowd: spec.crowd, ids: make([]string, spec.crowd)}
	for range spec.nodes + 1 {
		client := redis.NewClient(&redis.Options{Addr: spec.addr})
		c.clients = append(c.clients, client)
		c.stores = append(c.stores, redisstore.NewRedis(client))
	}
	return c, nil
}

func (c *gocacheCluster) store(i int) *redisstore.RedisStore { return c.stores[i%(len(c.stores)-1)] }

func (c *gocacheCluster) attach(i int) error {
	c.ids[i] = rand.Text()
	return c.set(i)
}

func (c *gocacheCluster) set(i int) error {
	value, err := json.Marshal(sessionJSON{c.crowd.user(i), clusterRoles, time.Now()})
	if err != nil {
		return err
	}
	return c.store(i).Set(c.ctx, clientKey(c.ids[i]), value, store.WithExpiration(peerTTL))
}

// beat writes everything again: a store cannot prolong what it has.
func (c *gocacheCluster) beat(clients []int) error {
	return parallel(len(clients), churnWorkers, func(n int) error { return c.set(clients[n]) })
}

func (c *gocacheCluster) detach(i int) error {
	return c.store(i).Delete(c.ctx, clientKey(c.ids[i]))
}

func (c *gocacheCluster) find(i int) (string, error) {
	value, err := c.stores[len(c.stores)-1].Get(c.ctx, clientKey(c.ids[i]))
	if errors.Is(err, store.NotFound{}) {
		return "", clientstorage.ErrNotFound
	}
	text, _ := value.(string)
	return userInJSON([]byte(text), err)
}

func (c *gocacheCluster) close() error {
	var errs []error
	for _, client := range c.clients {
		errs = append(errs, client.Close())
	}
	return errors.Join(errs...)
}
