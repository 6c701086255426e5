package wsconn_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A recorder is a Handler that hands on what it is told, and checks that it is
// told so in order. Its hooks may be nil.
type recorder struct {
	t testing.TB

	onOpen    func(c *wsconn.Conn)
	onMessage func(c *wsconn.Conn, op ws.OpCode, payload []byte)
	onClose   func(c *wsconn.Conn, err error)

	opened   chan *wsconn.Conn
	closed   chan error
	opens    atomic.Int32
	messages atomic.Int32
	closes   atomic.Int32

	mu    sync.Mutex
	stage map[*wsconn.Conn]string
}

// newRecorder returns a recorder that answers messages with onMessage.
func newRecorder(t testing.TB, onMessage func(c *wsconn.Conn, op ws.OpCode, payload []byte)) *recorder {
	return &recorder{
		t:         t,
		onMessage: onMessage,
		opened:    make(chan *wsconn.Conn, 1000),
		closed:    make(chan error, 1000),
		stage:     make(map[*wsconn.Conn]string),
	}
}

func echo(c *wsconn.Conn, op ws.OpCode, payload []byte) { c.Write(op, payload) }

// step notes that c goes from one stage of its life to another.
func (r *recorder) step(c *wsconn.Conn, from, to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stage[c] != from {
		r.t.Errorf("a connection is told to be %q when it is %q, not %q", to, r.stage[c], from)
	}
	r.stage[c] = to
}

func (r *recorder) OnOpen(c *wsconn.Conn) {
	r.step(c, "", "open")
	r.opens.Add(1)
	r.opened <- c
	if r.onOpen != nil {
		r.onOpen(c)
	}
}

func (r *recorder) OnMessage(c *wsconn.Conn, op ws.OpCode, payload []byte) {
	r.step(c, "open", "open")
	r.messages.Add(1)
	if r.onMessage != nil {
		r.onMessage(c, op, payload)
	}
}

func (r *recorder) OnClose(c *wsconn.Conn, err error) {
	r.step(c, "open", "closed")
	r.closes.Add(1)
	if r.onClose != nil {
		r.onClose(c, err)
	}
	r.closed <- err
}

// expectNoCalls checks that nobody got as far as to be known.
func (r *recorder) expectNoCalls() {
	r.t.Helper()
	if r.opens.Load()+r.messages.Load()+r.closes.Load() != 0 {
		r.t.Errorf("%d OnOpen, %d OnMessage, %d OnClose for a client that was not let in",
			r.opens.Load(), r.messages.Load(), r.closes.Load())
	}
}

// expectClosed waits for the next OnClose, whose error must be a CloseError.
func (r *recorder) expectClosed(want wsconn.CloseError) {
	r.t.Helper()
	err := r.next()
	if got, ok := errors.AsType[wsconn.CloseError](err); !ok || got != want {
		r.t.Errorf("OnClose was told %v, want %v", err, want)
	}
}

// expectLost waits for the next OnClose, whose error must not be a CloseError,
// and returns it.
func (r *recorder) expectLost() error {
	r.t.Helper()
	err := r.next()
	if _, ok := errors.AsType[wsconn.CloseError](err); ok || err == nil {
		r.t.Errorf("OnClose was told %v, but nobody closed in the way of the protocol", err)
	}
	return err
}

func (r *recorder) next() error {
	r.t.Helper()
	return receive(r.t, "OnClose", r.closed)
}
