package wsconn

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/rollcall-go/rollcall/firewall"
)

// The server's own books hold nothing of clients that are gone. If they did, it
// would show after weeks, as memory.
func TestNothingIsKept(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Logger: slog.New(slog.DiscardHandler)}
	s.init()
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.Serve(l)
	}()
	defer func() {
		s.Shutdown(context.Background())
		<-served
	}()
	dial := func(request string) net.Conn {
		nc, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		nc.SetDeadline(time.Now().Add(10 * time.Second))
		nc.Write([]byte(request))
		return nc
	}
	for range 3 {
		dial("").Close()
		dial("GET / HT").Close()
		dial("what?\r\n\r\n").Close()
		nc, _, _, err := ws.Dial(t.Context(), "ws://"+l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		wsutil.WriteClientText(nc, []byte("hello"))
		nc.Close()
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		sockets, found, pending := len(s.all()), s.index.count(), s.pending.Load()
		if sockets == 0 && found == 0 && pending == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sockets are kept, %d can be found, %d are at their handshake", sockets, found, pending)
		}
		time.Sleep(time.Millisecond)
	}
}

// A server that was paused, with the machine it runs on, finds all of its
// clients silent for long. They must be asked before they are given up.
func TestPauseIsNoSilence(t *testing.T) {
	const interval = time.Hour // so that only this test looks
	s := &Server{Limits: Limits{PingInterval: interval, RecheckInterval: -1}, Logger: slog.New(slog.DiscardHandler)}
	s.init()
	client, nc := net.Pipe()
	defer client.Close()
	client.SetDeadline(time.Now().Add(10 * time.Second))
	c := enrolled(t, s, nc, &firewall.Identity{User: "anne"})
	c.release()

	at := after(now(), 10*interval)
	c.check(at)
	if h, err := ws.ReadHeader(client); err != nil || h.OpCode != ws.OpPing {
		t.Fatalf("read %+v, %v, want a ping", h, err)
	}
	c.check(after(at, interval/2))
	if c.isEnding() {
		t.Error("the client is dropped before it had the time to answer")
	}
	c.check(after(at, 2*interval))
	if !c.isEnding() {
		t.Error("the client is not dropped although it did not answer")
	}
	s.Shutdown(t.Context())
}

// count counts the entries.
func (x *index) count() (n int) {
	pages := x.pages.Load()
	if pages == nil {
		return 0
	}
	for _, p := range *pages {
		for i := range p {
			if p[i].Load() != nil {
				n++
			}
		}
	}
	return n
}

// Cutting frames into pieces for writing loses nothing and keeps the limit.
func TestCutOff(t *testing.T) {
	for _, lengths := range [][]int{{}, {0}, {1}, {10}, {11}, {25}, {3, 3, 3}, {3, 3, 4}, {3, 3, 5}, {9, 0, 40, 1, 10, 0, 10}} {
		var frames net.Buffers
		var want []byte
		for i, n := range lengths {
			frame := bytes.Repeat([]byte{byte('a' + i)}, n)
			frames, want = append(frames, frame), append(want, frame...)
		}
		var got []byte
		for rounds := 0; len(frames) > 0; rounds++ {
			piece := bytes.Join(cutOff(&frames, 10), nil)
			if len(piece) > 10 || rounds > len(want)+len(lengths) {
				t.Fatalf("%v: round %d cuts off %d bytes", lengths, rounds, len(piece))
			}
			got = append(got, piece...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%v: the pieces are %q, want %q", lengths, got, want)
		}
	}
}

// Small frames cost more than their bytes, so fewer of them fill a queue.
func TestManySmallFrames(t *testing.T) {
	const limit = 64 << 10
	s := &Server{Limits: Limits{MaxQueueBytes: limit, PingInterval: -1, RecheckInterval: -1}}
	s.init()
	client, nc := net.Pipe() // nobody reads
	c := enrolled(t, s, nc, &firewall.Identity{User: "anne"})
	c.release()
	queued := 0
	for c.control(ws.OpPong, nil) == nil {
		queued++
	}
	// Those that are being written do not count any more, and are no more than
	// may wait.
	if most := 2 * (limit/64 + 1); queued > most {
		t.Errorf("%d empty pongs wait for a client that does not read; want at most %d", queued, most)
	}
	client.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
