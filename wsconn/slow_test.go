package wsconn_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

func TestBroadcast(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		if err := server.Broadcast(ws.OpText, []byte("to nobody")); err != nil {
			t.Error(err)
		}
		var clients []*client
		for range 20 {
			clients = append(clients, connect(t, addr))
			receive(t, "OnOpen", handler.opened)
		}
		for i := range 10 {
			if err := server.Broadcast(ws.OpBinary, payload(i*1000)); err != nil {
				t.Error(err)
			}
		}
		for _, c := range clients {
			for i := range 10 {
				c.expect(ws.OpBinary, payload(i*1000))
			}
			c.leave()
		}
	})
}

// One client does not read. The other gets every message all the same.
func TestSlowClient(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler: handler,
			Limits: wsconn.Limits{
				MaxQueueBytes: 256 << 10,
				CloseTimeout:  100 * time.Millisecond,
				WriteTimeout:  never, // that is not what ends it
			},
		}
		addr := start(t, server)
		slow := connect(t, addr).lazy()
		fast := connect(t, addr)
		receive(t, "OnOpen", handler.opened)
		receive(t, "OnOpen", handler.opened)

		message := payload(64 << 10)
		deadline := time.Now().Add(patience)
		for i := 0; handler.closes.Load() == 0; i++ {
			if time.Now().After(deadline) {
				t.Fatalf("after %d MB the slow client is still there", i*len(message)>>20)
			}
			copy(message, fmt.Sprintf("%08d", i))
			if err := server.Broadcast(ws.OpText, message); err != nil {
				t.Fatal(err)
			}
			fast.expect(ws.OpText, message)
		}
		handler.expectClosed(wsconn.CloseError{Code: 1013, Reason: "too slow"})
		eventually(t, "the slow client is detached", func() bool { return attached(server) == 1 })
		fast.expectEcho("still here")
		fast.leave()
		slow.nc.Close()
	})
}

// A slow client that wakes up reads what was queued for it, and why no more
// came.
func TestSlowClientIsTold(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler: handler,
			Limits:  wsconn.Limits{MaxQueueBytes: 64 << 10, CloseTimeout: never, WriteTimeout: never},
		}
		c := connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		message, queued := payload(16<<10), 0
		for conn.Write(ws.OpBinary, message) == nil {
			queued++
		}
		if err := conn.Write(ws.OpBinary, nil); !errors.Is(err, wsconn.ErrClosed) {
			t.Errorf("Write to a client that is too slow returns %v, want ErrClosed", err)
		}
		for range queued {
			c.expect(ws.OpBinary, message)
		}
		c.expectClose(1013)
		c.send(closing(1013, ""))
		c.expectEnd()
		handler.expectClosed(wsconn.CloseError{Code: 1013, Reason: "too slow"})
	})
}

// A message may be longer than the queue, if it is alone.
func TestLongMessageToFastClient(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{MaxQueueBytes: 1000}}
		c := connect(t, start(t, server))
		conn := receive(t, "OnOpen", handler.opened)
		big := payload(1 << 20)
		if err := conn.Write(ws.OpBinary, big); err != nil {
			t.Fatal(err)
		}
		c.expect(ws.OpBinary, big)
		c.leave()
	})
}

// A tardy connection does not come back from Write at once when the bytes are
// gone, as happens to a goroutine on a busy machine.
type tardy struct{ net.Conn }

func (c tardy) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

func (c tardy) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	<-time.After(20 * time.Millisecond)
	return n, err
}

type tardyListener struct{ net.Listener }

func (l tardyListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tardy{nc}, nil
}

// A client that has taken all that there was is not slow, even if the server has
// not noticed yet.
func TestFastClientIsNotTooSlow(t *testing.T) {
	t.Parallel()
	server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{MaxQueueBytes: 10000}}
	c := connect(t, startOn(t, server, tardyListener{listen(t)}))
	for range 5 {
		c.send(masked(finBinary, payload(9000)))
		c.expect(ws.OpBinary, payload(9000))
	}
	c.leave()
}

// A client that takes nothing for the write timeout is dropped, though its queue
// is not full.
func TestWriteTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{
			Handler: handler,
			Limits:  wsconn.Limits{MaxQueueBytes: 8 << 20, WriteTimeout: 200 * time.Millisecond},
		}
		connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		if err := conn.Write(ws.OpBinary, make([]byte, 4<<20)); err != nil {
			t.Fatal(err)
		}
		err := handler.expectLost()
		if ne, ok := errors.AsType[net.Error](err); !ok || !ne.Timeout() {
			t.Errorf("OnClose was told %v, want a timeout", err)
		}
		expectNobody(t, server)
	})
}

// A client that takes its time, but takes some bytes all the time, is not
// dropped, however long it needs for one message.
func TestSlowButAlive(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const timeout = time.Second
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{WriteTimeout: timeout}}
		c := connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		const length, steps = 16 << 20, 200
		if err := conn.Write(ws.OpBinary, make([]byte, length-10)); err != nil { // 10 for the header
			t.Fatal(err)
		}
		// An even pace for twice the timeout, in steps of a small part of it.
		tick := time.NewTicker(2 * timeout / steps)
		defer tick.Stop()
		for i := range steps {
			step := int64(length*(i+1)/steps - length*i/steps)
			if _, err := io.CopyN(io.Discard, c.r, step); err != nil {
				t.Fatalf("after %d of %d steps: %v", i, steps, err)
			}
			<-tick.C
		}
		c.expectEcho("still here")
		c.leave()
	})
}
