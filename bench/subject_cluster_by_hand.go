package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
)

const byHand = "SET+SADD by hand"

func init() {
	addCluster(byHand, openByHand, []string{
		askClusterAttach, askClusterDetach, askClusterStorm, askClusterMemory, askClusterIdle,
		askClusterLookup, askClusterByUser, askClusterOnline,
	}, "github.com/redis/go-redis/v9")
}

// A byHandCluster is what applications do: a key for each client, a set of ids
// for each user, and both expire unless a heartbeat of the client touches them.
// What goes together goes in one round trip.
type byHandCluster struct {
	ctx    context.Context
	crowd  crowd
	nodes  []*redis.Client
	reader *redis.Client
	ids    []string
}

// beatBatch is how many commands a node's heartbeats send in one round trip.
const beatBatch = 512

func openByHand(ctx context.Context, spec clusterSpec) (cluster, error) {
	c := &byHandCluster{ctx: ctx, crowd: spec.crowd, ids: make([]string, spec.crowd)}
	for range spec.nodes {
		c.nodes = append(c.nodes, redis.NewClient(&redis.Options{Addr: spec.addr}))
	}
	c.reader = redis.NewClient(&redis.Options{Addr: spec.addr})
	return c, nil
}

func (c *byHandCluster) node(i int) *redis.Client { return c.nodes[i%len(c.nodes)] }

func clientKey(id string) string { return "c:" + id }
func userKey(user string) string { return "u:" + user }

func (c *byHandCluster) attach(i int) error {
	user := c.crowd.user(i)
	value, err := json.Marshal(sessionJSON{user, clusterRoles, time.Now()})
	if err != nil {
		return err
	}
	c.ids[i] = rand.Text()
	_, err = c.node(i).Pipelined(c.ctx, func(p redis.Pipeliner) error {
		p.Set(c.ctx, clientKey(c.ids[i]), value, peerTTL)
		p.SAdd(c.ctx, userKey(user), c.ids[i])
		p.Expire(c.ctx, userKey(user), peerTTL)
		return nil
	})
	return err
}

func (c *byHandCluster) detach(i int) error {
	_, err := c.node(i).Pipelined(c.ctx, func(p redis.Pipeliner) error {
		p.Del(c.ctx, clientKey(c.ids[i]))
		p.SRem(c.ctx, userKey(c.crowd.user(i)), c.ids[i])
		return nil
	})
	return err
}

func (c *byHandCluster) beat(clients []int) error {
	for some := range slices.Chunk(clients, beatBatch/2) {
		_, err := c.node(some[0]).Pipelined(c.ctx, func(p redis.Pipeliner) error {
			for _, i := range some {
				p.Expire(c.ctx, clientKey(c.ids[i]), peerTTL)
				p.Expire(c.ctx, userKey(c.crowd.user(i)), peerTTL)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *byHandCluster) find(i int) (string, error) {
	value, err := c.reader.Get(c.ctx, clientKey(c.ids[i])).Bytes()
	return userInJSON(value, err)
}

// userInJSON returns who a session is of.
func userInJSON(value []byte, err error) (string, error) {
	if errors.Is(err, redis.Nil) {
		return "", clientstorage.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	var s sessionJSON
	err = json.Unmarshal(value, &s)
	return s.User, err
}

func (c *byHandCluster) byUser(user string) (n int, err error) {
	ids, err := c.reader.SMembers(c.ctx, userKey(user)).Result()
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	for i := range ids {
		ids[i] = clientKey(ids[i])
	}
	values, err := c.reader.MGet(c.ctx, ids...).Result()
	for _, v := range values {
		text, ok := v.(string)
		if !ok {
			continue // it crashed, and its id is still in the set
		}
		var s sessionJSON
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return 0, err
		}
		n++
	}
	return n, err
}

func (c *byHandCluster) online(users []string) (n int, err error) {
	answers, err := c.reader.Pipelined(c.ctx, func(p redis.Pipeliner) error {
		for _, user := range users {
			p.Exists(c.ctx, userKey(user))
		}
		return nil
	})
	for _, a := range answers {
		n += int(a.(*redis.IntCmd).Val())
	}
	return n, err
}

func (c *byHandCluster) close() error {
	errs := []error{c.reader.Close()}
	for _, node := range c.nodes {
		errs = append(errs, node.Close())
	}
	return errors.Join(errs...)
}
