package wsconn_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// many is more than there are loops, and than the goroutines that are kept for those
// who wait.
var many = 3*runtime.GOMAXPROCS(0) + 2

// A gatekeeper blocks those who come, until it is opened.
type gatekeeper struct {
	came chan *wsconn.Conn
	open chan struct{}
	once sync.Once
}

func newGatekeeper(t *testing.T) *gatekeeper {
	g := &gatekeeper{came: make(chan *wsconn.Conn, 1000), open: make(chan struct{})}
	t.Cleanup(g.letAll) // or a test that fails would hang
	return g
}

func (g *gatekeeper) block(c *wsconn.Conn) {
	g.came <- c
	<-g.open
}

func (g *gatekeeper) letAll() { g.once.Do(func() { close(g.open) }) }

// Handlers block, more of them than there are processors, and the others are served
// all the same: those who were there before, and those who come after.
func TestBlockedHandlersStopNobody(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, nil)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		gate := newGatekeeper(t)
		handler.onMessage = func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			if string(payload) == "block" {
				gate.block(c)
			}
			c.Write(op, payload)
		}
		var before, blocked []*client
		for range 4 {
			before = append(before, connect(t, addr))
		}
		for range many {
			blocked = append(blocked, connect(t, addr))
		}
		for round := range 3 {
			for _, c := range blocked[round*many/3 : (round+1)*many/3] {
				c.send(masked(finText, []byte("block")), masked(finText, []byte("after that")))
				receive(t, "blocked handler", gate.came)
			}
			for _, c := range before {
				for i := range 20 {
					c.expectEcho(fmt.Sprint("I am served ", i))
				}
			}
			after := connect(t, addr)
			after.expectEcho("me, too")
			after.leave()
		}
		for _, c := range before {
			c.leave()
		}
		gate.letAll()
		for _, c := range blocked {
			c.expect(ws.OpText, []byte("block"))
			c.expect(ws.OpText, []byte("after that"))
			c.leave()
		}
	})
}

// All block at once, with the messages of others in the same batch of events.
func TestAllBlockAtOnce(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, nil)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		gate := newGatekeeper(t)
		handler.onMessage = func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			if string(payload) == "block" {
				gate.block(c)
			}
			c.Write(op, payload)
		}
		var clients []*client
		for range 2 * many {
			clients = append(clients, connect(t, addr))
		}
		for i, c := range clients {
			words := "block"
			if i%2 == 1 {
				words = "let me through"
			}
			c.send(masked(finText, []byte(words)))
		}
		for i, c := range clients {
			if i%2 == 1 {
				c.expect(ws.OpText, []byte("let me through"))
			}
		}
		for range many {
			receive(t, "blocked handler", gate.came)
		}
		gate.letAll()
		for i, c := range clients {
			if i%2 == 0 {
				c.expect(ws.OpText, []byte("block"))
			}
			c.leave()
		}
	})
}

// Messages of one connection come in order and one at a time, though handlers take
// their time now and then, so that messages are handed from one goroutine to another.
func TestOrderIsKept(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const clients, messages = 6, 300
		type state struct {
			next   int
			inside bool
		}
		var states sync.Map
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			v, _ := states.LoadOrStore(c, &state{})
			st := v.(*state)
			if st.inside { // which would also be a race
				t.Error("two messages of one connection are delivered at once")
			}
			st.inside = true
			if want := fmt.Sprint(st.next); string(payload) != want {
				t.Errorf("message %s is delivered, want %s", payload, want)
			}
			if st.next++; st.next%100 == 7 {
				<-time.After(30 * time.Millisecond) // longer than a loop waits
			}
			c.Write(op, payload)
			st.inside = false
		})
		addr := start(t, &wsconn.Server{Handler: handler})
		var running sync.WaitGroup
		for range clients {
			c := connect(t, addr)
			running.Go(func() {
				for i := 0; i < messages; {
					var frames []byte
					for range 1 + i%7 { // several at once, and parts of the next one
						if i < messages {
							frames = append(frames, masked(finText, fmt.Append(nil, i))...)
							i++
						}
					}
					cut := len(frames) * 2 / 3
					c.nc.Write(frames[:cut])
					c.nc.Write(frames[cut:])
				}
			})
			running.Go(func() {
				for i := range messages {
					f, err := readFrame(c.r)
					if err != nil || string(f.Payload) != fmt.Sprint(i) {
						t.Errorf("answer %d is %q, %v", i, f.Payload, err)
						break
					}
				}
				c.nc.Close()
			})
		}
		running.Wait()
	})
}

// What a handler has written reaches the client while the handler blocks, however it
// was written, and what others write does too.
func TestBlockedHandlerIsHeard(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for _, words := range []string{"short", "long"} {
			t.Run(words, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, nil)
				server := &wsconn.Server{Handler: handler}
				gate := newGatekeeper(t)
				handler.onMessage = func(c *wsconn.Conn, op ws.OpCode, message []byte) {
					c.Write(op, message)
					if words == "long" {
						c.Write(op, payload(100000))
						server.Broadcast(op, payload(3000))
					}
					gate.block(c)
					c.Write(op, []byte("done"))
				}
				c := connect(t, start(t, server))
				c.send(masked(finText, []byte(words)))
				conn := receive(t, "blocked handler", gate.came)
				c.expect(ws.OpText, []byte(words))
				if words == "long" {
					c.expect(ws.OpText, payload(100000))
					c.expect(ws.OpText, payload(3000))
				}
				if err := conn.Write(ws.OpBinary, []byte("by somebody else")); err != nil {
					t.Error(err)
				}
				c.expect(ws.OpBinary, []byte("by somebody else"))
				if err := conn.WriteWait(t.Context(), ws.OpBinary, payload(5000)); err != nil {
					t.Error(err)
				}
				c.expect(ws.OpBinary, payload(5000))
				gate.letAll()
				c.expect(ws.OpText, []byte("done"))
				c.leave()
			})
		}
	})
}
