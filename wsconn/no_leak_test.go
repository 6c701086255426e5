package wsconn_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/wsconn"
)

// What was written for a client that is gone, whether it was in the batch of answers or
// waited in the queue, never reaches the next one: those who were there before it, and
// those who come after.
func TestWordsForTheGoneReachNobody(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, length := range map[string]int{"in the batch": 1000, "in the queue": 8 << 20} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var victim *client
				secret := bytes.Repeat([]byte("secret"), length/6)
				handler := newRecorder(t, nil)
				handler.onMessage = func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
					if string(payload) != "the secret, please" {
						c.Write(op, payload)
						return
					}
					c.Write(op, secret)
					victim.reset()
				}
				server := &wsconn.Server{Handler: handler}
				addr := start(t, server)
				var others []*client
				for range 2 * runtime.GOMAXPROCS(0) { // some of each loop
					others = append(others, connect(t, addr))
				}
				for gone := range int32(len(others)) {
					victim = connect(t, addr)
					victim.send(masked(finText, []byte("the secret, please")))
					eventually(t, "the client is gone", func() bool { return handler.closes.Load() == gone+1 })
					for _, c := range others {
						c.expectEcho("and what do I read?")
					}
				}
				for range others {
					visit(t, addr)
				}
				for _, c := range others {
					c.leave()
				}
			})
		}
	})
}

// A broadcast is for those who are in: not for one who has said half of a request, nor
// for one whose session is being read. Both read the answer first, and no word of it.
func TestBroadcastReachesNoHandshake(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		store, gate := newSessions(), make(chan struct{})
		store.gate = func(context.Context) error { <-gate; return nil }
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler:  handler,
			Firewall: store.firewall(t, firewall.Options{}),
			Limits:   wsconn.Limits{HandshakeTimeout: never},
		}
		addr := start(t, server)
		open := sync.OnceFunc(func() { close(gate) })
		t.Cleanup(open)
		member := connect(t, addr)
		receive(t, "OnOpen", handler.opened) // which is after the answer
		asked, half := dial(t, addr), dial(t, addr)
		asked.send([]byte(upgrade(addr).with(cookie(annesID)).String()))
		request := []byte(upgrade(addr).String())
		half.send(request[:len(request)/2])
		eventually(t, "both are at their handshake", func() bool {
			known := server.Books().Pending == 2 || strings.HasSuffix(t.Name(), "HTTP") // whose server knows of half
			return store.reads.Load() == 1 && known
		})
		if err := server.Broadcast(ws.OpText, []byte("for members only")); err != nil {
			t.Error(err)
		}
		member.expect(ws.OpText, []byte("for members only"))
		open()
		half.send(request[len(request)/2:])
		for _, c := range []*client{asked, half} {
			if response := c.response(); response.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("the answer is %s, want 101", response.Status)
			}
			c.expectEcho("what was said before is not for me")
			c.leave()
		}
		member.leave()
	})
}

// One who comes in while there are broadcasts reads the answer, and after that whole
// messages, compressed or not as was agreed on.
func TestBroadcastWhileTheyComeIn(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		server := &wsconn.Server{Handler: newRecorder(t, echo), Compress: true, Limits: slowLimits(wsconn.DropNewest)}
		addr := start(t, server)
		news := bytes.Repeat([]byte("news "), 200)
		var done atomic.Bool
		var speaker sync.WaitGroup
		speaker.Go(func() {
			for !done.Load() {
				server.Broadcast(ws.OpText, news)
				runtime.Gosched()
			}
		})
		defer speaker.Wait()
		defer done.Store(true)
		for i := range 40 {
			packs := i%2 == 0
			header := []string{"Sec-WebSocket-Extensions: permessage-deflate"}
			if !packs {
				header = nil
			}
			c := connect(t, addr, header...)
			for range 3 {
				f, err := readFrame(c.r)
				if err != nil {
					t.Fatalf("client %d cannot read: %v", i, err)
				}
				if plain := bytes.Equal(f.Payload, news); f.Header.OpCode != ws.OpText || f.Header.Rsv1() != packs || plain == packs {
					t.Errorf("client %d: read %+v %.20q", i, f.Header, f.Payload)
				}
			}
			c.reset()
		}
	})
}

// Each client gets the answer to its own request, though the answers are written late,
// and the memory in which they were made is used for the next ones.
func TestAnswersAreNotShared(t *testing.T) {
	t.Parallel()
	l := late{listen(t), make(chan struct{})}
	server := &wsconn.Server{Handler: newRecorder(t, echo)}
	addr := startOn(t, server, l)
	open := sync.OnceFunc(func() { close(l.open) })
	t.Cleanup(open)
	clients := make([]*client, 30)
	for i := range clients {
		clients[i] = dial(t, addr)
		request := upgrade(addr).without("Sec-WebSocket-Key").with("Sec-WebSocket-Key: " + keyOf(i))
		clients[i].send([]byte(request.String()))
	}
	eventually(t, "all are answered", func() bool { return attached(server) == len(clients) })
	open()
	for i, c := range clients {
		sum := sha1.Sum([]byte(keyOf(i) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455, section 1.3
		want := base64.StdEncoding.EncodeToString(sum[:])
		if got := c.response().Header.Get("Sec-WebSocket-Accept"); got != want {
			t.Errorf("the answer to client %d is %q, want %q", i, got, want)
		}
		c.reset()
	}
}

func keyOf(i int) string { return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%016d", i)) }

// A late listener has connections that have a descriptor below, and write only when it
// is opened.
type late struct {
	net.Listener
	open chan struct{}
}

type lateConn struct {
	net.Conn
	open chan struct{}
}

func (l late) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return lateConn{nc, l.open}, nil
}

func (c lateConn) NetConn() net.Conn { return c.Conn }

func (c lateConn) Write(b []byte) (int, error) {
	<-c.open
	return c.Conn.Write(b)
}
