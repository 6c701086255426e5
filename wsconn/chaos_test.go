package wsconn_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// Many clients do all they can at once, and in the middle of it the server shuts
// down. That no client is closed twice or before it was opened, and none is
// forgotten, the recorder and stop check.
func TestChaos(t *testing.T) {
	const clients = 200
	eachWay(t, func(t *testing.T, start startFunc) {
		server := &wsconn.Server{}
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			switch string(payload) {
			case "kick me":
				c.Close(4001, "as you like")
			case "tell all":
				server.Broadcast(op, payload)
			default:
				c.Write(op, payload)
			}
		})
		server.Handler = handler
		addr := start(t, server)

		var running sync.WaitGroup
		barrier := make(chan struct{})
		for i := range clients {
			c := connect(t, addr)
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			running.Go(func() {
				<-barrier
				live(c, rng)
			})
		}
		eventually(t, "all are connected", func() bool { return handler.opens.Load() == clients })
		close(barrier)
		eventually(t, "some are gone", func() bool { return handler.closes.Load() > clients/4 })
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		if n := attached(server); n != 0 {
			t.Errorf("after Shutdown %d clients are attached", n)
		}
		if o, c := handler.opens.Load(), handler.closes.Load(); o != clients || c != clients {
			t.Errorf("%d OnOpen, %d OnClose, want %d of each", o, c, clients)
		}
		running.Wait()
	})
}

// live does things at random until the connection ends. Errors are part of it.
func live(c *client, rng *rand.Rand) {
	var reading sync.WaitGroup
	reading.Go(func() { answerClose(c) })
	defer reading.Wait()
	defer c.nc.Close()
	for {
		var err error
		switch n := rng.IntN(100); {
		case n < 73:
			_, err = c.nc.Write(masked(finText, payload(rng.IntN(3000))))
		case n < 75: // the answers are many: two hundred times as many as the questions
			_, err = c.nc.Write(masked(finText, []byte("tell all")))
		case n < 80:
			_, err = c.nc.Write(masked(finPing, payload(rng.IntN(126))))
		case n < 85:
			_, err = c.nc.Write(masked(finText, []byte("kick me")))
		case n < 88:
			_, err = c.nc.Write(closing(ws.StatusNormalClosure, "bye"))
		case n < 90:
			_, err = c.nc.Write(masked(finText, []byte("\xff")))
		case n < 92:
			frame := masked(finText, payload(100))
			c.nc.Write(frame[:rng.IntN(len(frame))])
			c.reset()
			return
		case n < 94:
			c.reset()
			return
		case n < 95:
			return
		}
		if err != nil {
			return
		}
	}
}

// answerClose reads until the end, and answers a close frame.
func answerClose(c *client) {
	for {
		h, err := ws.ReadHeader(c.r)
		if err != nil {
			return
		}
		body := make([]byte, h.Length)
		if _, err := io.ReadFull(c.r, body); err != nil {
			return
		}
		if h.OpCode == ws.OpClose {
			c.nc.Write(masked(finClose, body))
			c.nc.(*net.TCPConn).CloseWrite()
		}
	}
}
