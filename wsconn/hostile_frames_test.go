package wsconn_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// This file is about those who are hostile after they were let in.

// A frame that declares more than may be is refused by its header, of which the last
// byte decides.
func TestDeclaredTooLong(t *testing.T) {
	const most = 1 << 20 // the default
	eachWay(t, func(t *testing.T, start startFunc) {
		server := &wsconn.Server{Handler: newRecorder(t, echo)}
		addr := start(t, server)
		for length, code := range map[uint64]ws.StatusCode{
			1 << 63:        ws.StatusProtocolError, // RFC 6455, section 5.2: the first bit must be 0
			math.MaxUint64: ws.StatusProtocolError,
			1 << 62:        ws.StatusMessageTooBig,
			1<<63 - 1:      ws.StatusMessageTooBig,
			most + 1:       ws.StatusMessageTooBig,
		} {
			for _, before := range [][]byte{nil, masked(ws.OpBinary, []byte("x"))} {
				first := finBinary
				if before != nil {
					first = finMore
				}
				for _, piecewise := range []bool{false, true} {
					c := connect(t, addr)
					c.send(before)
					if header := declared(ws.OpCode(first), length); piecewise {
						for _, b := range header {
							c.nc.Write([]byte{b}) // it may be refused before the last
						}
					} else {
						c.send(header, []byte("and the beginning"))
					}
					c.expectClose(code)
					c.expectEnd()
				}
			}
		}
		// Two fragments that are together a byte too long.
		c := connect(t, addr)
		c.send(masked(ws.OpBinary, make([]byte, most/2)), declared(finMore, most/2+1))
		c.expectClose(ws.StatusMessageTooBig)
		c.expectEnd()
		expectEmptyBooks(t, server)
	})
}

// Nobody makes room for what was only declared.
func TestDeclaredTakesNoMemory(t *testing.T) {
	const clients = 500 // each declares 1 MiB
	server := &wsconn.Server{Handler: newRecorder(t, echo)}
	addr := startServe(t, server)
	before := heap()
	var conns []*client
	for range clients {
		c := connect(t, addr)
		c.send(declared(finBinary, 1<<20), []byte{1})
		c.send(masked(finPing, nil)) // three bytes more of the payload
		conns = append(conns, c)
	}
	visit(t, addr)
	if grown := heap() - before; grown > clients<<20/10 {
		t.Errorf("the heap has grown by %d KB for each client", grown/clients>>10)
	}
	for _, c := range conns {
		c.reset()
	}
	expectEmptyBooks(t, server)
}

// heap returns how many bytes are in use.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Some send a message byte by byte, for as long as others chat.
func TestBytesBesideOthers(t *testing.T) {
	length := 4 << 10
	if heavy() {
		length = 64 << 10
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		server := &wsconn.Server{Handler: newRecorder(t, echo)}
		addr := start(t, server)
		var senders sync.WaitGroup
		var left atomic.Int32
		for i := range 4 {
			left.Add(1)
			c := connect(t, addr)
			senders.Go(func() {
				defer left.Add(-1)
				message := bytes.Repeat([]byte("é€😀\x00"), length/10)
				frame := masked(finText, message)
				if i%2 == 0 {
					frame = append(masked(ws.OpText, message[:7]), masked(finMore, message[7:])...)
				}
				for j := range frame {
					if _, err := c.nc.Write(frame[j : j+1]); err != nil {
						t.Errorf("byte %d: %v", j, err)
						return
					}
				}
				if f, err := readFrame(c.r); err != nil || !bytes.Equal(f.Payload, message) {
					t.Errorf("the echo is %.40q, %v", f.Payload, err)
				}
			})
		}
		for visits := 0; left.Load() > 0 || visits < 10; visits++ {
			visit(t, addr)
		}
		senders.Wait()
	})
}

// A client pings and does not read. It fills its queue like any slow client, whatever
// is to happen to those, and no more memory than that.
func TestPingFlood(t *testing.T) {
	const limit = 256 << 10
	flood := bytes.Repeat(masked(finPing, payload(125)), 500)
	for policy, name := range map[wsconn.SlowPolicy]string{
		wsconn.CloseSlow: "close", wsconn.DropNewest: "newest", wsconn.DropOldest: "oldest",
	} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, start startFunc) {
				handler := newRecorder(t, echo)
				limits := wsconn.Limits{MaxQueueBytes: limit, Slow: policy, CloseTimeout: 100 * time.Millisecond, WriteTimeout: never}
				if policy != wsconn.CloseSlow { // then that is what ends it
					limits.WriteTimeout = 500 * time.Millisecond
				}
				server := &wsconn.Server{Handler: handler, Limits: limits}
				addr := start(t, server)
				c := connect(t, addr).lazy()
				conn := receive(t, "OnOpen", handler.opened)
				most, waiting := 0, 0
				for {
					if _, err := c.nc.Write(flood); err != nil {
						break
					}
					if waiting = conn.Waiting(); waiting > most {
						most = waiting
					}
				}
				// A batch of answers may be added to a queue that is almost full.
				if most > limit+128<<10 {
					t.Errorf("%d bytes have waited, want at most %d and a batch", most, limit)
				}
				err := handler.next()
				if isClose(err, 1013) != (policy == wsconn.CloseSlow) {
					t.Errorf("OnClose is told %v", err)
				}
				expectEmptyBooks(t, server)
				visit(t, addr)
			})
		})
	}
}

// A message of a million fragments takes time that grows as they do, and the memory
// of the message.
func TestFragmentFlood(t *testing.T) {
	n := 20_000
	if heavy() {
		n = 1_000_000
	}
	for name, fragment := range map[string][]byte{"empty": {}, "of a byte": {'x'}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &wsconn.Server{
				Handler: newRecorder(t, echo),
				Limits:  wsconn.Limits{MaxMessageBytes: n},
			}
			addr := startServe(t, server)
			c := connect(t, addr)
			before := heap()
			c.send(masked(ws.OpText, nil))
			for sent := 0; sent < n; {
				some := min(10_000, n-sent)
				c.send(bytes.Repeat(masked(more, fragment), some))
				sent += some
			}
			c.send(masked(finPing, []byte("?")))
			c.expect(ws.OpPong, []byte("?"))
			if grown := heap() - before; grown > 16*n+32<<20 {
				t.Errorf("the heap has grown by %d MB", grown>>20)
			}
			c.send(masked(finMore, nil))
			c.expect(ws.OpText, bytes.Repeat(fragment, n))
			c.leave()
			expectEmptyBooks(t, server)
		})
	}
	t.Run("too many", func(t *testing.T) {
		t.Parallel()
		server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{MaxMessageBytes: 1000}}
		c := connect(t, startServe(t, server))
		c.send(masked(ws.OpBinary, nil), bytes.Repeat(masked(more, []byte("x")), 1001))
		c.expectClose(ws.StatusMessageTooBig)
		c.expectEnd()
	})
}

// What comes behind a close frame is nobody's business, be it little or much.
func TestGarbageAfterClose(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler}
		addr := start(t, server)
		for name, garbage := range map[string][]byte{
			"a message":    masked(finText, []byte("hello")),
			"a close":      closing(4999, "again"),
			"a violation":  {0xff, 0xff, 0xff},
			"a long frame": declared(finBinary, 1<<62),
			"300 KiB":      make([]byte, 300<<10),
		} {
			for _, together := range []bool{true, false} {
				t.Run(fmt.Sprint(name, together), func(t *testing.T) {
					c := connect(t, addr)
					if together {
						c.send(closing(4001, "bye"), garbage)
					} else {
						c.send(closing(4001, "bye"))
						c.expectClose(4001)
						c.nc.Write(garbage)
					}
					if together {
						c.expectClose(4001)
					}
					c.expectEnd()
					handler.expectClosed(wsconn.CloseError{Code: 4001, Reason: "bye"})
				})
			}
		}
		c := connect(t, addr)
		c.send(closing(4001, "bye"))
		for err := error(nil); err == nil; { // until it has enough
			_, err = c.nc.Write(make([]byte, 64<<10))
		}
		handler.expectClosed(wsconn.CloseError{Code: 4001, Reason: "bye"})
		if n := handler.messages.Load(); n != 0 {
			t.Errorf("%d messages behind the close frame were delivered", n)
		}
		expectEmptyBooks(t, server)
	})
}
