package wsconn_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// A request is a handshake request, line by line.
type request []string

func upgrade(addr string) request {
	return request{
		"GET /chat?room=1 HTTP/1.1",
		"Host: " + addr,
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Version: 13",
	}
}

// starting returns r with another request line.
func (r request) starting(line string) request { return append(request{line}, r[1:]...) }

// with returns r with more lines.
func (r request) with(lines ...string) request { return slices.Concat(r, lines) }

// without returns r without a field.
func (r request) without(field string) request {
	return slices.DeleteFunc(slices.Clone(r), func(line string) bool {
		return strings.HasPrefix(line, field+":")
	})
}

func (r request) String() string { return strings.Join(r, "\r\n") + "\r\n\r\n" }

// A client speaks to a server in bytes, so that it can say what no library
// would.
type client struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, nc)
}

func newClient(t testing.TB, nc net.Conn) *client {
	nc.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { nc.Close() })
	return &client{t, nc, bufio.NewReader(nc)}
}

// lazy makes the kernel take little for a client that does not read.
func (c *client) lazy() *client {
	c.nc.(*net.TCPConn).SetReadBuffer(64 << 10)
	return c
}

// connect dials and is let in.
func connect(t testing.TB, addr string, header ...string) *client {
	t.Helper()
	c := dial(t, addr)
	c.enter(upgrade(addr).with(header...))
	return c
}

// enter sends a request, with more bytes behind it, that must be granted.
func (c *client) enter(r request, behind ...byte) {
	c.t.Helper()
	c.send([]byte(r.String() + string(behind)))
	response := c.response()
	if response.StatusCode != http.StatusSwitchingProtocols {
		c.t.Fatalf("the answer is %s, want 101", response.Status)
	}
	if got, want := response.Header.Get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		c.t.Fatalf("Sec-WebSocket-Accept is %q, want %q", got, want) // RFC 6455, section 1.3
	}
}

// response reads the answer to a handshake.
func (c *client) response() *http.Response {
	c.t.Helper()
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatalf("no answer to the handshake: %v", err)
	}
	return response
}

// send writes bytes as they are, all at once.
func (c *client) send(parts ...[]byte) {
	c.t.Helper()
	if _, err := c.nc.Write(bytes.Join(parts, nil)); err != nil {
		c.t.Fatalf("cannot send: %v", err)
	}
}

// readFrame reads a frame of the server, which a test trusts with its length.
func readFrame(r io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(r); err != nil {
		return f, err
	}
	f.Payload = make([]byte, f.Header.Length)
	_, err = io.ReadFull(r, f.Payload)
	return f, err
}

// read returns the next frame.
func (c *client) read() ws.Frame {
	c.t.Helper()
	f, err := readFrame(c.r)
	if err != nil {
		c.t.Fatalf("cannot read a frame: %v", err)
	}
	if err := ws.CheckHeader(f.Header, ws.StateClientSide); err != nil {
		c.t.Fatalf("the server sent a frame with header %+v: %v", f.Header, err)
	}
	return f
}

// expect reads a frame that must have this opcode and payload.
func (c *client) expect(op ws.OpCode, payload []byte) {
	c.t.Helper()
	f := c.read()
	if f.Header.OpCode != op || !f.Header.Fin || !bytes.Equal(f.Payload, payload) {
		c.t.Fatalf("read opcode %d, %d bytes %.40q, want %d, %d bytes %.40q",
			f.Header.OpCode, len(f.Payload), f.Payload, op, len(payload), payload)
	}
}

// expectEcho says something and hears it.
func (c *client) expectEcho(words string) {
	c.t.Helper()
	c.send(masked(finText, []byte(words)))
	c.expect(ws.OpText, []byte(words))
}

// expectClose reads a close frame with this code and returns its reason.
func (c *client) expectClose(code ws.StatusCode) (reason string) {
	c.t.Helper()
	f := c.read()
	got, reason := ws.ParseCloseFrameData(f.Payload)
	if f.Header.OpCode != ws.OpClose || got != code {
		c.t.Fatalf("read opcode %d, code %d %.40q, want a close frame with %d", f.Header.OpCode, got, reason, code)
	}
	return reason
}

// expectEnd reads the end of the stream. A reset is no proper end: it may
// destroy what the client has not read yet.
func (c *client) expectEnd() {
	c.t.Helper()
	if b, err := c.r.ReadByte(); !errors.Is(err, io.EOF) {
		c.t.Fatalf("read byte %#x, error %v, want EOF", b, err)
	}
}

// leave closes in the way of the protocol.
func (c *client) leave() {
	c.t.Helper()
	c.send(closing(ws.StatusNormalClosure, ""))
	c.expectClose(ws.StatusNormalClosure)
	c.expectEnd()
	c.nc.Close()
}

// reset ends the connection with a TCP reset.
func (c *client) reset() {
	c.nc.(*net.TCPConn).SetLinger(0)
	c.nc.Close()
}
