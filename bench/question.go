package main

import (
	"regexp"
	"slices"
	"strings"
)

// A question is one thing to measure of every subject that can answer it.
type question struct {
	name  string
	about string // what is measured, in a line
	unit  string // of the value
	// baseline is the subject that the ratios refer to.
	baseline string
	// against is the question in which the baseline is taken, if it has no
	// answer to this one.
	against string
	// more says that a higher value is the better one.
	more bool
	// details are the units of what a sample has beside the value.
	details []string
}

// kind says which subjects the question is for.
func (q question) kind() string {
	if q.name == askHeap {
		return kindHeap
	}
	kind, _, _ := strings.Cut(q.name, "/")
	return kind
}

// What subjects there are for.
const (
	kindStorage = "storage"
	kindSockets = "sockets"
	kindHeap    = "heap"
	kindCluster = "cluster"
	kindFollow  = "sessions"
)

// inProcess reports whether the subjects run in this process, where their
// allocations can be counted.
func (q question) inProcess() bool { return q.unit == unitCPUNanos }

// reference says what the ratios refer to.
func (q question) reference() string {
	if q.against == "" {
		return q.baseline
	}
	return q.baseline + " in " + q.against
}

const (
	storageBaseline = "sync.Map"
	socketBaseline  = "gorilla net/http"

	unitCPUNanos  = "cpu ns/op"
	unitCPUMicros = "cpu us/op"
	unitBytes     = "bytes"
	unitRoutines  = "goroutines"
	unitAllocs    = "allocs/op"
	unitRate      = "rate ratio"
	unitRedis     = "redis us/op"
	unitPerSecond = "per second"
	unitSeconds   = "seconds"
	unitQueries   = "queries"
)

// Details that a goal refers to.
const (
	detailTenth = "with n/10"
	detailMax   = "max s"
	detailLess  = "with n/10"
)

const (
	askAttach  = "storage/attach"
	askLookup  = "storage/lookup"
	askForeign = "storage/lookup-foreign"
	askDetach  = "storage/detach"
	askStorm   = "storage/storm"
	askConnect = "sockets/connect"
	askIdle    = "sockets/idle-bytes"
	askEcho    = "sockets/echo"
	askLeft    = "sockets/left-bytes"
	askLeave   = "sockets/leave"

	askGoroutines = "sockets/goroutines"

	askFollow = "sessions/round"

	askHeap           = "storage/heap-bytes"
	askClusterAttach  = "cluster/attach-cpu"
	askClusterDetach  = "cluster/detach-cpu"
	askClusterStorm   = "cluster/storm"
	askClusterMemory  = "cluster/memory"
	askClusterIdle    = "cluster/idle-writes"
	askClusterLookup  = "cluster/lookup"
	askClusterByUser  = "cluster/by-user"
	askClusterOnline  = "cluster/online"
	askClusterRewrite = "cluster/rewrite"
	askClusterKill    = "cluster/kill"
)

var questions = []question{
	{name: askAttach, about: "remember one client after the other", unit: unitCPUNanos, baseline: storageBaseline},
	{name: askLookup, about: "find the clients of this node, in random order", unit: unitCPUNanos, baseline: storageBaseline},
	{name: askForeign, about: "find the clients of another node, in random order; the baseline finds its own", unit: unitCPUNanos, baseline: storageBaseline, against: askLookup},
	{name: askDetach, about: "forget them, in random order", unit: unitCPUNanos, baseline: storageBaseline},
	{name: askStorm, about: "remember them from 64 goroutines at once, in an empty registry", unit: unitCPUNanos, baseline: storageBaseline},
	{name: askConnect, about: "TCP, upgrade and attach, 256 at once; CPU of the server process", unit: unitCPUMicros, baseline: socketBaseline},
	{name: askIdle, about: "resident memory of the server process per connection that has spoken and is idle, after GC", unit: unitBytes, baseline: socketBaseline},
	{name: askGoroutines, about: "goroutines of the server process while all are idle, more than it has without any", unit: unitRoutines, baseline: socketBaseline},
	{name: askEcho, about: "send back a text of 128 bytes, to 1000 clients at once; CPU of the server process", unit: unitCPUMicros, baseline: socketBaseline},
	{name: askLeft, about: "resident memory of the server process that is left, per client, after all are gone at once, after GC", unit: unitBytes, baseline: socketBaseline},
	{name: askLeave, about: "close handshake until the server's count is 0, 256 at once; CPU of the server process", unit: unitCPUMicros, baseline: socketBaseline},
	{name: askFollow, about: "look whether all clients are still signed in, 5 for 3 sessions: queries of redis", unit: unitQueries, baseline: oneByOne, details: []string{"cpu ms", "redis ms", "seconds"}},

	{name: askHeap, about: "heap bytes per attached client, with its user's name and the index by user", unit: unitBytes, baseline: heapBaseline, details: []string{detailLess}},
	{name: askClusterAttach, about: "128 goroutines on 2 nodes", unit: unitRedis, baseline: byHand, details: []string{"per second", "writes/op"}},
	{name: askClusterDetach, about: "128 goroutines on 2 nodes, in random order", unit: unitRedis, baseline: byHand, details: []string{"per second", "writes/op"}},
	{name: askClusterStorm, about: "attach from 512 goroutines to one node that is empty", unit: unitPerSecond, baseline: plainGocache, more: true, details: []string{"p50 ms", "p99 ms", "max ms", "redis us"}},
	{name: askClusterMemory, about: "memory of redis per client, 10 nodes", unit: unitBytes, baseline: byHand, details: []string{"keys"}},
	{name: askClusterIdle, about: "writes per second while nobody does anything, 10 nodes", unit: unitPerSecond, baseline: byHand, details: []string{detailTenth, "sweep/s", "reads/s", "cpu ms/s"}},
	{name: askClusterLookup, about: "find a client of another node by its id, 64 at once", unit: unitPerSecond, baseline: byHand, more: true, details: []string{"mean ms", "redis us"}},
	{name: askClusterByUser, about: "the clients of a user on 10 nodes, 64 ask at once", unit: unitPerSecond, baseline: byHand, more: true, details: []string{"mean ms", "redis us"}},
	{name: askClusterOnline, about: "which of 100 users are online on 10 nodes, 64 ask at once", unit: unitPerSecond, baseline: byHand, more: true, details: []string{"mean ms", "redis us"}},
	{name: askClusterRewrite, about: "write everything again after FLUSHALL: 10 nodes, and 1 with all clients", unit: unitSeconds, details: []string{"writing s", "redis cpu s", "1 node s", "writing s, 1", "redis cpu s, 1"}},
	{name: askClusterKill, about: "from kill -9 until another process does not find the clients", unit: unitSeconds, details: []string{"min s", detailMax, "kills"}},
}

// selectQuestions returns the questions whose name matches, and those that are
// needed for their ratios, in the order of questions.
func selectQuestions(pattern *regexp.Regexp) []question {
	needed := make(map[string]bool)
	for _, q := range questions {
		if pattern.MatchString(q.name) {
			needed[q.name] = true
			needed[q.against] = true // no question has the name ""
		}
	}
	return slices.DeleteFunc(slices.Clone(questions), func(q question) bool { return !needed[q.name] })
}

func questionNames() string {
	names := make([]string, len(questions))
	for i, q := range questions {
		names[i] = q.name
	}
	return strings.Join(names, ", ")
}
