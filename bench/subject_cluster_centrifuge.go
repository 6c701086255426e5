package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/centrifugal/centrifuge"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
)

func init() {
	addCluster("centrifuge presence", openCentrifuge, []string{
		askClusterAttach, askClusterDetach, askClusterStorm, askClusterMemory, askClusterIdle,
		askClusterByUser, askClusterOnline,
	}, "github.com/centrifugal/centrifuge")
}

// A centrifugeCluster has a presence manager per node, as its own documentation
// sets one up. Each user has a personal channel, which is what makes it possible
// to find a user's clients.
type centrifugeCluster struct {
	crowd    crowd
	nodes    []*centrifuge.RedisPresenceManager
	reader   *centrifuge.RedisPresenceManager
	shards   []*centrifuge.RedisShard
	ids      []string
	connInfo []byte
}

func openCentrifuge(_ context.Context, spec clusterSpec) (cluster, error) {
	info, err := json.Marshal(map[string][]string{"roles": clusterRoles})
	if err != nil {
		return nil, err
	}
	c := &centrifugeCluster{crowd: spec.crowd, ids: make([]string, spec.crowd), connInfo: info}
	for i := range spec.nodes + 1 {
		m, err := c.manager(spec.addr)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		if i < spec.nodes {
			c.nodes = append(c.nodes, m)
		} else {
			c.reader = m
		}
	}
	return c, nil
}

func (c *centrifugeCluster) manager(addr string) (*centrifuge.RedisPresenceManager, error) {
	// In one process, the metrics of several nodes must not be the same ones.
	metrics := centrifuge.MetricsConfig{RegistererGatherer: prometheus.NewRegistry()}
	node, err := centrifuge.New(centrifuge.Config{Metrics: metrics})
	if err != nil {
		return nil, err
	}
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: addr})
	if err != nil {
		return nil, err
	}
	c.shards = append(c.shards, shard)
	return centrifuge.NewRedisPresenceManager(node, centrifuge.RedisPresenceManagerConfig{Shards: []*centrifuge.RedisShard{shard}})
}

func personalChannel(user string) string { return "user:#" + user }

func (c *centrifugeCluster) attach(i int) error {
	c.ids[i] = uuid.NewString() // as centrifuge names a client
	return c.touch(i)
}

// touch is what centrifuge calls when a client subscribes, and with each of its
// heartbeats.
func (c *centrifugeCluster) touch(i int) error {
	user := c.crowd.user(i)
	return c.nodes[i%len(c.nodes)].AddPresence(personalChannel(user), c.ids[i],
		&centrifuge.ClientInfo{ClientID: c.ids[i], UserID: user, ConnInfo: c.connInfo})
}

func (c *centrifugeCluster) detach(i int) error {
	user := c.crowd.user(i)
	return c.nodes[i%len(c.nodes)].RemovePresence(personalChannel(user), c.ids[i], user)
}

// beat is as centrifuge does it, where each client has a timer of its own. Many
// at once are kind to it, because they share pipelines.
func (c *centrifugeCluster) beat(clients []int) error {
	return parallel(len(clients), churnWorkers, func(n int) error { return c.touch(clients[n]) })
}

func (c *centrifugeCluster) byUser(user string) (int, error) {
	clients, err := c.reader.Presence(personalChannel(user))
	return len(clients), err
}

func (c *centrifugeCluster) online(users []string) (int, error) {
	var n atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, len(users))
	for i, user := range users {
		wg.Go(func() {
			stats, err := c.reader.PresenceStats(personalChannel(user))
			if stats.NumClients > 0 {
				n.Add(1)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	return int(n.Load()), errors.Join(errs...)
}

func (c *centrifugeCluster) close() error {
	for _, s := range c.shards {
		s.Close()
	}
	return nil
}
