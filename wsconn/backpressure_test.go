package wsconn_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// slowLimits are for clients that do not read: nothing but the queue ends them.
func slowLimits(policy wsconn.SlowPolicy) wsconn.Limits {
	return wsconn.Limits{Slow: policy, MaxQueueBytes: 128 << 10, WriteTimeout: never, CloseTimeout: never, PingInterval: -1}
}

// numbered returns a message that says which one it is, of a length that depends on
// it: some are short, some are not copied into a batch.
func numbered(i int) []byte {
	lengths := []int{100, 3000, 4096, 4097, 9000, 20000}
	b := payload(lengths[i%len(lengths)])
	binary.BigEndian.PutUint32(b, uint32(i))
	return b
}

// expectNumbered reads a message that numbered has made, whole.
func (c *client) expectNumbered() int {
	c.t.Helper()
	f := c.read()
	if f.Header.OpCode != ws.OpBinary || !f.Header.Fin || len(f.Payload) < 4 {
		c.t.Fatalf("read opcode %d, %d bytes, want a message", f.Header.OpCode, len(f.Payload))
	}
	i := int(binary.BigEndian.Uint32(f.Payload))
	if !bytes.Equal(f.Payload, numbered(i)) {
		c.t.Fatalf("message %d is torn: %d bytes %.40q", i, len(f.Payload), f.Payload)
	}
	return i
}

// expectOnly says that a client which has read what it was sent reads nothing more
// than what is written next.
func expectOnly(c *client, conn *wsconn.Conn) {
	c.t.Helper()
	eventually(c.t, "there is room again", func() bool { return conn.Write(ws.OpText, []byte("next")) == nil })
	c.expect(ws.OpText, []byte("next"))
	c.expectEcho("and on")
}

// When it reads again, a client gets exactly what Write has promised.
func TestDropNewest(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: slowLimits(wsconn.DropNewest)}
		c := connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		for range 3 { // it may become slow more than once
			var queued []int
			for i, dropped := 0, 0; dropped < 50; i++ {
				switch err := conn.Write(ws.OpBinary, numbered(i)); {
				case err == nil:
					queued = append(queued, i)
				case errors.Is(err, wsconn.ErrSlow):
					dropped++
				default:
					t.Fatalf("Write to a slow client returns %v", err)
				}
			}
			if bytes := queued[len(queued)-1] * 6000; bytes > 4<<20 {
				t.Errorf("a client that does not read was promised %d KB", bytes>>10)
			}
			for n, want := range queued {
				if got := c.expectNumbered(); got != want {
					t.Fatalf("message %d that was read is number %d, want %d", n, got, want)
				}
			}
			expectOnly(c, conn)
		}
		c.leave()
	})
}

// When it reads again, a client gets the newest messages, each of them whole, and
// those before in order, with gaps.
func TestDropOldest(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const messages = 800 // far more than all buffers hold
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: slowLimits(wsconn.DropOldest)}
		c := connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		for i := range messages {
			if err := conn.Write(ws.OpBinary, numbered(i)); err != nil {
				t.Fatalf("Write to a slow client returns %v", err)
			}
		}
		var read []int
		for last := -1; last != messages-1; {
			i := c.expectNumbered()
			if i <= last {
				t.Fatalf("message %d comes behind message %d", i, last)
			}
			last = i
			read = append(read, i)
		}
		if len(read) > messages/2 {
			t.Errorf("%d of %d messages had room, which is too many", len(read), messages)
		}
		// Of the queue, no more can be taken than one frame that was begun.
		newest := messages
		for room := 128<<10 - 2*20100; ; {
			if room -= len(numbered(newest-1)) + 80; room < 0 {
				break
			}
			newest--
		}
		if n := messages - newest; n > len(read) || read[len(read)-n] != newest {
			t.Errorf("the newest %d messages were not all read, but %v", n, read[max(0, len(read)-n):])
		}
		expectOnly(c, conn)
		c.leave()
	})
}

// By default the client is closed, and reads all that was queued before.
func TestCloseSlow(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: slowLimits(wsconn.CloseSlow)}
		c := connect(t, start(t, server)).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		queued := 0
		for conn.Write(ws.OpBinary, numbered(queued)) == nil {
			queued++
		}
		expectErrClosed(t, conn, "too slow")
		if err := conn.WriteWait(t.Context(), ws.OpText, nil); !errors.Is(err, wsconn.ErrClosed) {
			t.Errorf("WriteWait returns %v, want ErrClosed", err)
		}
		for i := range queued {
			if got := c.expectNumbered(); got != i {
				t.Fatalf("read message %d, want %d", got, i)
			}
		}
		c.expectClose(1013)
		c.send(closing(1013, ""))
		c.expectEnd()
	})
}

// What a client has read of a long message makes room for others.
func TestPartOfAMessageMakesRoom(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const long, unread = 12 << 20, 2 << 20 // more than the kernel takes
		handler := newRecorder(t, echo)
		limits := slowLimits(wsconn.DropNewest)
		limits.MaxQueueBytes = 4 << 20
		c := connect(t, start(t, &wsconn.Server{Handler: handler, Limits: limits})).lazy()
		conn := receive(t, "OnOpen", handler.opened)
		if err := conn.Write(ws.OpBinary, make([]byte, long)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, c.r, long-unread); err != nil {
			t.Fatal(err)
		}
		eventually(t, "there is room", func() bool { return conn.Write(ws.OpBinary, numbered(1)) == nil })
		if _, err := io.CopyN(io.Discard, c.r, unread+10); err != nil { // 10 for the header
			t.Fatal(err)
		}
		if got := c.expectNumbered(); got != 1 {
			t.Errorf("read message %d, want 1", got)
		}
		expectOnly(c, conn)
		c.leave()
	})
}

// A client that pings and does not read has no more pongs wait for it than messages.
func TestPongsAreBounded(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, policy := range map[string]wsconn.SlowPolicy{
			"CloseSlow": wsconn.CloseSlow, "DropNewest": wsconn.DropNewest, "DropOldest": wsconn.DropOldest,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				const pings = 20000
				handler := newRecorder(t, echo)
				server := &wsconn.Server{Handler: handler, Limits: slowLimits(policy)}
				c := connect(t, start(t, server)).lazy()
				conn := receive(t, "OnOpen", handler.opened)
				ping := masked(finPing, payload(125))
				for range pings / 1000 {
					c.send(bytes.Repeat(ping, 1000))
				}
				code := ws.StatusNormalClosure
				if policy == wsconn.CloseSlow {
					code = 1013
					eventually(t, "it is closed", func() bool { return conn.Write(ws.OpText, nil) != nil })
				} else { // the server is to have seen all of them before they are read
					c.send(masked(finText, nil))
					eventually(t, "the pings are answered", func() bool { return handler.messages.Load() == 1 })
				}
				c.send(closing(ws.StatusNormalClosure, ""))
				pongs := 0
				f := c.read()
				for ; f.Header.OpCode == ws.OpPong || f.Header.OpCode == ws.OpText; f = c.read() {
					pongs++
				}
				if got, _ := ws.ParseCloseFrameData(f.Payload); f.Header.OpCode != ws.OpClose || got != code {
					t.Errorf("behind the pongs came opcode %d, code %d, want a close frame with %d", f.Header.OpCode, got, code)
				}
				if pongs > pings/2 {
					t.Errorf("%d pongs waited for a client that did not read", pongs)
				}
				c.expectEnd()
			})
		}
	})
}

// One client does not read; the other gets every message, and the first one some of
// them when it reads again.
func TestSlowClientDelaysNobody(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, policy := range map[string]wsconn.SlowPolicy{"DropNewest": wsconn.DropNewest, "DropOldest": wsconn.DropOldest} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, echo)
				server := &wsconn.Server{Handler: handler, Limits: slowLimits(policy)}
				addr := start(t, server)
				slow, fast := connect(t, addr).lazy(), connect(t, addr)
				slowConn := receive(t, "OnOpen", handler.opened)
				if other := receive(t, "OnOpen", handler.opened); slowConn.RemoteAddr().String() != slow.nc.LocalAddr().String() {
					slowConn = other
				}
				const messages = 300
				for i := range messages {
					if err := server.Broadcast(ws.OpBinary, numbered(i)); err != nil {
						t.Fatal(err)
					}
					if got := fast.expectNumbered(); got != i {
						t.Fatalf("the fast client reads message %d, want %d", got, i)
					}
				}
				eventually(t, "the slow client has room", func() bool {
					for last := -1; slow.r.Buffered() > 0 || last < 0; { // some of what waits
						i := slow.expectNumbered()
						if i <= last {
							t.Fatalf("message %d comes behind message %d", i, last)
						}
						last = i
					}
					return slowConn.Write(ws.OpText, []byte("last")) == nil
				})
				for {
					f := slow.read()
					if f.Header.OpCode == ws.OpText {
						break
					}
				}
				slow.expectEcho("still here")
				slow.leave()
				fast.leave()
			})
		}
	})
}
