package wsconn_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// A ledger is a handler and the storage's hooks, which note what they are told and
// check that it can be.
type ledger struct {
	t *testing.T

	mu       sync.Mutex
	lives    map[*wsconn.Conn]*lifeOf
	open     []*wsconn.Conn
	attached map[clientstorage.ID]int
	detached map[clientstorage.ID]int
	closed   int
}

type lifeOf struct {
	inside        atomic.Int32
	opens, closes int // guarded by ledger.mu
	index         int // in ledger.open
}

// enter begins a call of the handler, and returns what ends it.
func (l *ledger) enter(c *wsconn.Conn, note func(*lifeOf)) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	life := l.lives[c]
	if life == nil {
		life = &lifeOf{}
		l.lives[c] = life
	}
	if life.inside.Add(1) != 1 {
		l.t.Error("the handler is called while it is busy with the same connection")
	}
	note(life)
	return func() { life.inside.Add(-1) }
}

func (l *ledger) OnOpen(c *wsconn.Conn) {
	defer l.enter(c, func(life *lifeOf) {
		if life.opens++; life.opens != 1 || life.closes != 0 {
			l.t.Errorf("OnOpen number %d, after %d OnClose", life.opens, life.closes)
		}
		life.index = len(l.open)
		l.open = append(l.open, c)
	})()
	c.Write(ws.OpText, []byte("welcome"))
}

func (l *ledger) OnMessage(c *wsconn.Conn, op ws.OpCode, payload []byte) {
	defer l.enter(c, func(life *lifeOf) {
		if life.opens != 1 || life.closes != 0 {
			l.t.Errorf("OnMessage after %d OnOpen, %d OnClose", life.opens, life.closes)
		}
	})()
	switch {
	case len(payload)%97 == 0:
		c.Close(4001, "as you like")
	case len(payload)%89 == 0:
		panic("the handler has a bug")
	case len(payload)%83 == 0:
		time.Sleep(30 * time.Millisecond) // and loses its loop
	}
	c.Write(op, payload)
}

func (l *ledger) OnClose(c *wsconn.Conn, err error) {
	defer l.enter(c, func(life *lifeOf) {
		if life.closes++; life.opens != 1 || life.closes != 1 || err == nil {
			l.t.Errorf("OnClose number %d, after %d OnOpen, with %v", life.closes, life.opens, err)
		}
		last := len(l.open) - 1
		l.open[life.index] = l.open[last]
		l.lives[l.open[last]].index = life.index
		l.open = l.open[:last]
		l.closed++
	})()
}

func (l *ledger) OnIdentity(c *wsconn.Conn, _ *firewall.Identity) {
	defer l.enter(c, func(life *lifeOf) {
		if life.opens != 1 || life.closes != 0 {
			l.t.Errorf("OnIdentity after %d OnOpen, %d OnClose", life.opens, life.closes)
		}
	})()
}

func (l *ledger) any(rng *rand.Rand) *wsconn.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) == 0 {
		return nil
	}
	return l.open[rng.IntN(len(l.open))]
}

// hooks note who comes and goes. Without the first of them the storage need not keep
// an order, and takes another way.
func (l *ledger) hooks(both bool) (h clientstorage.Hooks) {
	note := func(ids map[clientstorage.ID]int, id clientstorage.ID, what string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if ids[id]++; ids[id] != 1 {
			l.t.Errorf("%v is %s %d times", id, what, ids[id])
		}
	}
	h.Detached = func(c *clientstorage.Client, _ error) { note(l.detached, c.ID, "detached") }
	if both {
		h.Attached = func(c *clientstorage.Client) { note(l.attached, c.ID, "attached") }
	}
	return h
}
