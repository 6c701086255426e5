package wsconn_test

import (
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

func TestServeAfterShutdown(t *testing.T) {
	t.Parallel()
	server := &wsconn.Server{}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown of an unused server returns %v", err)
	}
	l := listen(t)
	if err := server.Serve(l); !errors.Is(err, wsconn.ErrServerClosed) {
		t.Errorf("Serve returns %v, want ErrServerClosed", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve left the listener open: %v", err)
	}
	if err := server.ListenAndServe("127.0.0.1:0"); !errors.Is(err, wsconn.ErrServerClosed) {
		t.Errorf("ListenAndServe returns %v, want ErrServerClosed", err)
	}
	if err := server.Broadcast(ws.OpText, nil); err != nil {
		t.Errorf("Broadcast returns %v", err)
	}
}

// A gate is a listener whose Accept fails as soon as Close is called, while
// Close itself takes its time.
type gate struct {
	accepting, closing, served chan struct{}
	closed                     atomic.Bool
}

func (g *gate) Accept() (net.Conn, error) {
	close(g.accepting)
	<-g.closing
	return nil, net.ErrClosed
}

func (g *gate) Addr() net.Addr { return &net.TCPAddr{} }

func (g *gate) Close() error {
	if g.closed.CompareAndSwap(false, true) {
		close(g.closing)
		select {
		case <-g.served:
		case <-time.After(100 * time.Millisecond): // Serve may well wait for Shutdown
		}
	}
	return nil
}

// Serve tells its end by Shutdown from a failure of the listener, however early
// it notices.
func TestServeDuringShutdown(t *testing.T) {
	t.Parallel()
	l := &gate{accepting: make(chan struct{}), closing: make(chan struct{}), served: make(chan struct{})}
	server := &wsconn.Server{}
	var err error
	go func() {
		defer close(l.served)
		err = server.Serve(l)
	}()
	receive(t, "Accept", l.accepting)
	if err := server.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown returns %v", err)
	}
	receive(t, "end of Serve", l.served)
	if !errors.Is(err, wsconn.ErrServerClosed) {
		t.Errorf("Serve returns %v, want ErrServerClosed", err)
	}
}

func TestListenerFails(t *testing.T) {
	t.Parallel()
	l := listen(t)
	served := make(chan error, 1)
	server := &wsconn.Server{}
	go func() { served <- server.Serve(l) }()
	l.Close()
	if err := receive(t, "end of Serve", served); !errors.Is(err, net.ErrClosed) || errors.Is(err, wsconn.ErrServerClosed) {
		t.Errorf("Serve returns %v, want the listener's error", err)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown returns %v", err)
	}
}

// A weary listener fails now and then, as one does when there are too many open
// files.
type weary struct {
	net.Listener
	calls atomic.Int32
}

func (l *weary) Accept() (net.Conn, error) {
	if l.calls.Add(1)%2 == 1 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestAcceptFailsForAWhile(t *testing.T) {
	t.Parallel()
	addr := startOn(t, &wsconn.Server{Handler: newRecorder(t, echo)}, &weary{Listener: listen(t)})
	for range 3 {
		c := connect(t, addr)
		c.expectEcho("hello")
		c.leave()
	}
}
