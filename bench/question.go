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
}

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
	unitAllocs    = "allocs/op"
	unitRate      = "rate ratio"
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
	askLeave   = "sockets/leave"
)

var questions = []question{
	{name: askAttach, about: "remember one client after the other", unit: unitCPUNanos, baseline: storageBaseline},
	{name: askLookup, about: "find the clients of this node, in random order", unit: unitCPUNanos, baseline: storageBaseline},
	{name: askForeign, about: "find the clients of another node, in random order; the baseline finds its own", unit: unitCPUNanos, baseline: storageBaseline, against: askLookup},
	{name: askDetach, about: "forget them, in random order", unit: unitCPUNanos, baseline: storageBaseline},
	{name: askStorm, about: "remember them from 64 goroutines at once, in an empty registry", unit: unitCPUNanos, baseline: storageBaseline},
	{name: askConnect, about: "TCP, upgrade and attach; CPU of the server process", unit: unitCPUMicros, baseline: socketBaseline},
	{name: askIdle, about: "resident memory of the server process per connection that has spoken and is idle, after GC", unit: unitBytes, baseline: socketBaseline},
	{name: askEcho, about: "send back a text of 128 bytes; CPU of the server process", unit: unitCPUMicros, baseline: socketBaseline},
	{name: askLeave, about: "close handshake until the server's count is 0; CPU of the server process", unit: unitCPUMicros, baseline: socketBaseline},
}

// selectQuestions returns the questions whose name matches, and those that are
// needed for their ratios, in the order of questions.
func selectQuestions(pattern *regexp.Regexp) []question {
	needed := make(map[string]bool)
	for _, q := range questions {
		if pattern.MatchString(q.name) {
			needed[q.name] = true
			needed[q.against] = true
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
