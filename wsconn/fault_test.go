package wsconn_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// Connections and listeners of other packages are not all alike.

// A changer is a listener that changes its connections.
type changer struct {
	net.Listener
	change func(net.Conn) net.Conn
}

func (l changer) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.change(nc), nil
}

// bareConn has the methods of a net.Conn only, and layerConn those of a layer on top of
// something that has a descriptor. Neither can end one side of the stream.
type (
	bareConn  struct{ net.Conn }
	layerConn struct{ net.Conn }
)

func (c layerConn) NetConn() net.Conn { return c.Conn }

var changes = map[string]func(net.Conn) net.Conn{
	"as it is":  func(nc net.Conn) net.Conn { return nc },
	"bare conn": func(nc net.Conn) net.Conn { return bareConn{nc} },
	"layer":     func(nc net.Conn) net.Conn { return layerConn{nc} },
}

// eachKind runs a test with connections of each kind, for both ways into a server.
func eachKind(t *testing.T, test func(t *testing.T, start func(*wsconn.Server, func(net.Conn) net.Conn) string)) {
	eachWayOn(t, func(t *testing.T, start func(*testing.T, *wsconn.Server, net.Listener) string) {
		for name, kind := range changes {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, func(s *wsconn.Server, change func(net.Conn) net.Conn) string {
					return start(t, s, changer{listen(t), func(nc net.Conn) net.Conn { return change(kind(nc)) }})
				})
			})
		}
	})
}

func same(nc net.Conn) net.Conn { return nc }

// A deadline that somebody else has left behind is not the server's.
func TestForeignDeadline(t *testing.T) {
	t.Parallel()
	for name, kind := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{HandshakeTimeout: never}}
			addr := startOn(t, server, changer{listen(t), func(nc net.Conn) net.Conn {
				nc.SetDeadline(time.Unix(1, 0))
				return kind(nc)
			}})
			visit(t, addr)
		})
	}
}

// A client that is refused while it is still busy sending reads why, and then the end,
// also where the server cannot end its own side of the stream first.
func TestRefusalIsToldOnAnyKind(t *testing.T) {
	t.Parallel()
	for name, kind := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := startOn(t, &wsconn.Server{Handler: newRecorder(t, echo)}, changer{listen(t), kind})
			expectProperEnds(t, func() error {
				c := dial(t, addr)
				defer c.nc.Close()
				c.send([]byte(upgrade(addr).with("Origin: http://evil.example").String()), make([]byte, 64<<10))
				response := c.response()
				if response.StatusCode != http.StatusForbidden {
					t.Errorf("the answer is %s, want 403", response.Status)
				}
				io.Copy(io.Discard, response.Body)
				_, err := c.r.ReadByte()
				return err
			})
		})
	}
}

// The same for one who breaks the rules later.
func TestViolationIsToldOnAnyKind(t *testing.T) {
	eachKind(t, func(t *testing.T, start func(*wsconn.Server, func(net.Conn) net.Conn) string) {
		addr := start(&wsconn.Server{Handler: newRecorder(t, echo)}, same)
		expectProperEnds(t, func() error {
			c := connect(t, addr)
			defer c.nc.Close()
			c.send(unmasked(finText, nil), make([]byte, 64<<10))
			c.expectClose(ws.StatusProtocolError)
			_, err := c.r.ReadByte()
			return err
		})
	})
}

// expectProperEnds says that connections end with EOF, and not with a reset. One must, of
// some, as the server does not wait for long where it cannot tell the client to end.
func expectProperEnds(t *testing.T, end func() error) {
	t.Helper()
	var last error
	for range 10 {
		if last = end(); last == io.EOF {
			return
		}
	}
	t.Errorf("all connections end with an error: %v", last)
}

// Who does not read does not hold up the end: a write that was begun does not go on
// after it was interrupted.
func TestShutdownInterruptsWrites(t *testing.T) {
	eachKind(t, func(t *testing.T, start func(*wsconn.Server, func(net.Conn) net.Conn) string) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: stuckLimits}
		addr := start(server, same)
		for i := range 6 {
			connect(t, addr).lazy()
			conn := receive(t, "OnOpen", handler.opened)
			for j := range 40 { // of lengths that end anywhere in what the kernel takes
				conn.Write(ws.OpBinary, make([]byte, 30_000+1000*i+j))
			}
		}
		if err := server.Shutdown(soon(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returns %v, want the error of its context", err)
		}
		if err := receive(t, "end of everything", shutdown(server, context.Background())); err != nil {
			t.Errorf("the second Shutdown returns %v", err)
		}
	})
}

// Nor does the goroutine that writes wait for the client, while a handler still has the
// connection. The test is not parallel, so that nobody else's goroutines are about.
func TestInterruptedWriteEnds(t *testing.T) {
	for name, kind := range changes {
		gate := newGatekeeper(t)
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, _ []byte) {
			for i := range 40 {
				c.Write(op, make([]byte, 30_000+i))
			}
			gate.block(c)
		})
		server := &wsconn.Server{Handler: handler, Limits: stuckLimits}
		addr := startOn(t, server, changer{listen(t), kind})
		for range 6 {
			connect(t, addr).lazy().send(masked(finBinary, nil))
			receive(t, "blocked handler", gate.came)
		}
		if err := server.Shutdown(soon(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: Shutdown returns %v, want the error of its context", name, err)
		}
		expectGoroutines(t, "wsconn.(*Conn).writeLink", 0)
		gate.letAll()
	}
}

// fileConn is a connection that says it has the descriptor of a file, which no epoll can
// watch.
type fileConn struct {
	net.Conn
	file *os.File
}

func (c fileConn) SyscallConn() (syscall.RawConn, error) { return c.file.SyscallConn() }

// A connection that cannot be watched is closed, rather than never read.
func TestUnwatchableIsClosed(t *testing.T) {
	eachKind(t, func(t *testing.T, start func(*wsconn.Server, func(net.Conn) net.Conn) string) {
		file, err := os.Create(t.TempDir() + "/file")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{
			HandshakeTimeout: never, WriteTimeout: never, CloseTimeout: never, PingInterval: -1,
		}}
		c := dial(t, start(server, func(nc net.Conn) net.Conn { return fileConn{nc, file} }))
		c.send([]byte(upgrade("example.org").String()))
		for err == nil {
			_, err = c.r.ReadByte()
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the connection is not closed")
		}
		expectNobody(t, server)
	})
}
