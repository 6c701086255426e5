package main

import (
	"context"
	"slices"

	"github.com/rollcall-go/rollcall/session"
)

// A registry is one way to remember who is connected. The harness numbers the
// clients from 0 and says which one it means; the registry keeps for itself what
// a server would keep with the connection to find the client again, such as an
// id. Calls for different clients may come at the same time.
type registry interface {
	attach(i int) error
	// lookup returns the user of client i, or an error that is
	// clientstorage.ErrNotFound if the client is not attached.
	lookup(i int) (user string, err error)
	detach(i int) error
	// count returns how many clients are attached.
	count() (int, error)
	// close frees everything, and reports what went wrong unseen.
	close() error
}

// A sharedRegistry is a registry whose clients other nodes can find.
type sharedRegistry interface {
	registry
	// lookupForeign is lookup as another node would do it.
	lookupForeign(i int) (user string, err error)
}

// openRegistry makes an empty registry for the clients of these users, who are
// distinct. An error that is testserver.ErrMissing skips the subject.
type openRegistry func(ctx context.Context, b *backends, users []string) (registry, error)

// A socketServer is a WebSocket server that sends every text back, remembers
// its clients while they are connected, and lets in pages of its own origin only,
// if its library checks that. It gets a process of its own.
type socketServer interface {
	// serve serves on a TCP address until the process ends.
	serve(addr string) error
	// count returns how many clients are remembered.
	count() int
}

// A subject is something to measure: a registry or a socketServer.
type subject struct {
	name       string
	modules    []string // whose versions belong to the result
	open       openRegistry
	sockets    func() socketServer
	dialect    dialect // of the clients of sockets
	heap       openCluster
	needsRedis bool // for heap
	cluster    openCluster
	measure    func(ctx context.Context, r *run, s subject) error // of a program that answers a cluster question
	follow     func(*session.Reader) session.Handler
	answers    []string // the cluster questions it answers
}

// kind says which questions the subject is for.
func (s subject) kind() string {
	switch {
	case s.sockets != nil:
		return kindSockets
	case s.heap != nil:
		return kindHeap
	case s.follow != nil:
		return kindFollow
	case s.cluster != nil || s.measure != nil:
		return kindCluster
	default:
		return kindStorage
	}
}

// isAsked reports whether the subject is for a question.
func (s subject) isAsked(q question) bool {
	return s.kind() == q.kind() && (s.answers == nil || slices.Contains(s.answers, q.name))
}

// subjects are all there are. Each adds itself, so that a new one is a new file
// and no more.
var subjects []subject

// addRegistry is called from the init function of a subject's file.
func addRegistry(name string, open openRegistry, modules ...string) {
	subjects = append(subjects, subject{name: name, open: open, modules: modules})
}

// addSockets is called from the init function of a subject's file.
func addSockets(name string, sockets func() socketServer, modules ...string) {
	subjects = append(subjects, subject{name: name, sockets: sockets, modules: modules})
}

// addDialect is addSockets for a server whose clients speak in a way of their own.
func addDialect(name string, d dialect, sockets func() socketServer, modules ...string) {
	subjects = append(subjects, subject{name: name, sockets: sockets, dialect: d, modules: modules})
}

// socketSubject returns the socket subject of a name.
func socketSubject(name string) (subject, bool) {
	i := slices.IndexFunc(subjects, func(s subject) bool { return s.sockets != nil && s.name == name })
	if i < 0 {
		return subject{}, false
	}
	return subjects[i], true
}
