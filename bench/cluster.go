package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A cluster is one way for several nodes to remember their clients in one redis,
// and for a process that has no clients to ask. The harness numbers the clients
// from 0, and client i connects to node i % nodes. Calls for different clients
// may come at the same time.
type cluster interface {
	attach(i int) error
	detach(i int) error
	// close frees everything, and reports what went wrong unseen.
	close() error
}

// What a cluster may do beyond that. Which of the questions a subject answers it
// says when it is added, and then it has the methods that they need.
type (
	// A beater has a heartbeat for each client. One without keeps itself alive.
	beater interface {
		// beat is the heartbeat of these clients of one node.
		beat(clients []int) error
	}
	finder interface {
		// find returns the user of client i, as another process finds it.
		find(i int) (user string, err error)
	}
	asker interface {
		// byUser returns how many clients a user has on all nodes.
		byUser(user string) (int, error)
		// online returns how many of users have a client on some node.
		online(users []string) (int, error)
	}
	counter interface {
		// count returns how many clients there are on all nodes.
		count() (int, error)
	}
	warner interface {
		// warnings returns what was logged of a cache that fails or is slow.
		warnings() []string
	}
)

// What a peer's clients tell redis, and how often: the defaults of centrifuge,
// and what people take over from it.
const (
	peerTTL  = 60 * time.Second
	peerBeat = 25 * time.Second
)

// A clusterSpec says which cluster to open.
type clusterSpec struct {
	addr  string // of redis
	nodes int
	crowd crowd
	lease time.Duration // 0 for the default
	// troubled says that the cache will lose what it has, so warnings are right.
	troubled bool
}

// openCluster opens the nodes, which have no clients yet, and what asks.
type openCluster func(ctx context.Context, spec clusterSpec) (cluster, error)

// addCluster is called from the init function of a subject's file.
func addCluster(name string, open openCluster, questions []string, modules ...string) {
	subjects = append(subjects, subject{name: name, cluster: open, answers: questions, modules: modules})
}

// A crowd is a number of clients. Two users have three clients between them, on
// different nodes, as people have a second tab or a telephone.
type crowd int

func (crowd) userNumber(i int) int { return i * 2 / 3 }

// users is how many there are.
func (c crowd) users() int { return c.userNumber(int(c)-1) + 1 }

// user returns the name of client i's user, of 12 bytes, as a new string: a server
// reads it from a request.
func (c crowd) user(i int) string { return c.name(c.userNumber(i)) }

func (crowd) name(user int) string { return fmt.Sprintf("user-%07d", user) }

// clientsOf is how many clients a user has.
func (c crowd) clientsOf(user int) int {
	if first := (3*user + 1) / 2; user%2 == 1 || first+1 >= int(c) {
		return 1
	}
	return 2
}

// clusterRoles are those of every client.
var clusterRoles = []string{"ROLE_USER", "ROLE_EDITOR"}

// A clusterSetup bounds what the cluster questions take.
type clusterSetup struct {
	clients int
	nodes   int           // of the questions whose clients are idle
	lease   time.Duration // 0 for the default
	settle  time.Duration // after which a cluster that wrote no key is idle
	window  time.Duration // in which writes are counted
	asking  time.Duration // of one question by many at once
	kills   int
}

// clusterDefaults are for people; tests have less time.
var clusterDefaults = clusterSetup{
	clients: 20_000, nodes: 10, settle: 16 * time.Second, window: 20 * time.Second, asking: time.Second, kills: 5,
}

const (
	churnNodes   = 2
	churnWorkers = 128 // who attach and detach at once
	crowdWorkers = 512 // who attach at once in cluster/storm
	askWorkers   = 64
)

// measureCluster asks the cluster questions of one subject. Those that take long
// are asked in the first round only.
func (r *run) measureCluster(ctx context.Context, s subject) error {
	if s.measure != nil {
		return s.measure(ctx, r, s)
	}
	m := &clusterMeter{ctx: ctx, run: r, subject: s, setup: r.cluster}
	phases := []struct {
		questions string
		once      bool
		measure   func() error
	}{
		{askClusterAttach + " " + askClusterDetach, false, m.churn},
		{askClusterStorm, false, m.storm},
		{askClusterMemory + " " + askClusterIdle + " " + askClusterByUser + " " + askClusterOnline + " " + askClusterLookup, true, m.idle},
		{askClusterRewrite, true, m.rewrites},
		{askClusterKill, true, m.kill},
	}
	for _, p := range phases {
		if !slices.ContainsFunc(strings.Fields(p.questions), m.asked) || p.once && r.roundNumber > 1 {
			continue
		}
		m.phase = p.questions
		begin := time.Now()
		if err := errors.Join(ctx.Err(), p.measure()); err != nil {
			return fmt.Errorf("%s: %w", p.questions, err)
		}
		fmt.Fprintf(r.progress, "%.1f s: %s: %s\n", time.Since(begin).Seconds(), s.name, p.questions)
	}
	return nil
}

// A clusterMeter asks one subject.
type clusterMeter struct {
	ctx     context.Context
	run     *run
	subject subject
	setup   clusterSetup
	phase   string // the questions that are asked now
}

// asked reports whether the subject is to answer a question.
func (m *clusterMeter) asked(question string) bool {
	return m.run.asks(question) && slices.Contains(m.subject.answers, question)
}

func (m *clusterMeter) record(question string, v sample) {
	if m.asked(question) {
		m.run.record(question, m.subject, v)
	}
}

// open starts a redis and a cluster on it. The caller calls stop, which reports
// what went wrong unseen.
func (m *clusterMeter) open(nodes, clients int, troubled bool) (red *redisServer, c cluster, stop func() error, err error) {
	if red, err = startRedis(m.ctx); err != nil {
		return nil, nil, nil, err
	}
	spec := clusterSpec{addr: red.addr, nodes: nodes, crowd: crowd(clients), lease: m.setup.lease, troubled: troubled}
	if c, err = m.subject.cluster(m.ctx, spec); err != nil {
		red.stop()
		return nil, nil, nil, err
	}
	return red, c, func() error { defer red.stop(); return m.close(c) }, nil
}

// close closes a cluster and notes what its storages warned of: a machine that
// is busy otherwise makes a cache slow, and that should be known and no more.
func (m *clusterMeter) close(c cluster) error {
	err := c.close()
	if w, ok := c.(warner); ok {
		if said := w.warnings(); len(said) > 0 {
			m.run.warnings = append(m.run.warnings, fmt.Sprintf("%s: %d warnings, the first in %s: %s",
				m.subject.name, len(said), m.phase, said[0]))
		}
	}
	return err
}
