package wsconn_test

import (
	"errors"
	"net"
	"testing"

	"github.com/rollcall-go/rollcall/wsconn"
)

// Listeners and connections of other packages may be of types that cannot be
// the key of a map.
type (
	valueListener struct {
		net.Listener
		_ []int // not comparable
	}
	valueConn struct {
		net.Conn
		_ []int // not comparable
	}
)

func (l valueListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	return valueConn{Conn: nc}, err
}

func TestWrappedListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &wsconn.Server{Handler: newRecorder(t, echo)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(valueListener{Listener: l}) }()
	c := connect(t, l.Addr().String())
	c.expectEcho("hello")
	c.leave()
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, wsconn.ErrServerClosed) {
		t.Errorf("Serve returns %v", err)
	}
}
