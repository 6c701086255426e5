package wsconn_test

import (
	"bytes"
	"compress/flate"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/internal/deflate"
	"github.com/rollcall-go/rollcall/wsconn"
)

// This client inflates and compresses by compress/flate: RFC 7692, section 7.2.

const offer = "Sec-WebSocket-Extensions: permessage-deflate"

// flush is what is cut off a compressed message; behind it, an empty final block.
const flush, final = "\x00\x00\xff\xff", "\x01\x00\x00\xff\xff"

func inflated(t *testing.T, payload []byte) []byte {
	t.Helper()
	r := flate.NewReader(io.MultiReader(bytes.NewReader(payload), strings.NewReader(flush+final)))
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("cannot inflate %d bytes %.40q: %v", len(payload), payload, err)
	}
	return b
}

func compressed(t *testing.T, message []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(message)
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte(flush))
}

// words are n bytes that a compressor likes.
func words(n int) []byte {
	return bytes.Repeat([]byte("all work and no play makes jack a dull boy; "), n/44+1)[:n]
}

// noise are n bytes that no compressor makes shorter.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// connectOffering connects with more header lines, and returns the extensions that
// the server has agreed to.
func connectOffering(t *testing.T, addr string, lines ...string) (*client, []string) {
	t.Helper()
	c := dial(t, addr)
	c.send([]byte(upgrade(addr).with(lines...).String()))
	response := c.response()
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the answer is %s, want 101", response.Status)
	}
	return c, response.Header.Values("Sec-WebSocket-Extensions")
}

// expectPacked reads a message that must be compressed or not.
func (c *client) expectPacked(t *testing.T, packed bool, op ws.OpCode, message []byte) {
	t.Helper()
	f, err := readFrame(c.r)
	if err != nil {
		t.Fatalf("cannot read a frame: %v", err)
	}
	want := ws.Header{Fin: true, OpCode: op, Length: f.Header.Length}
	if packed {
		want.Rsv = ws.Rsv(true, false, false)
	}
	if f.Header != want {
		t.Fatalf("the frame's header is %+v, want %+v", f.Header, want)
	}
	got := f.Payload
	if packed {
		if len(got) >= len(message) {
			t.Errorf("a message of %d bytes takes %d when it is compressed", len(message), len(got))
		}
		got = inflated(t, got)
	}
	if !bytes.Equal(got, message) {
		t.Fatalf("read %d bytes %.40q, want %d bytes %.40q", len(got), got, len(message), message)
	}
}

func TestCompressNegotiation(t *testing.T) {
	const agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	tests := []struct {
		name   string
		off    bool
		lines  []string
		answer string
	}{
		{name: "not offered"},
		{name: "off", off: true, lines: []string{offer}},
		{name: "offered", lines: []string{offer}, answer: agreed},
		{name: "by a browser", lines: []string{offer + "; client_max_window_bits"}, answer: agreed},
		{name: "a window", lines: []string{offer + "; server_max_window_bits=9"}, answer: agreed + "; server_max_window_bits=9"},
		{name: "two offers", lines: []string{offer + "; server_max_window_bits=99, permessage-deflate"}, answer: agreed},
		{name: "two lines", lines: []string{"Sec-WebSocket-Extensions: x-webkit-deflate-frame", offer}, answer: agreed},
		{name: "unknown parameter", lines: []string{offer + "; level=9"}},
		{name: "unknown extension", lines: []string{"Sec-WebSocket-Extensions: x-webkit-deflate-frame"}},
		{name: "no list", lines: []string{offer + "; =;,"}},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, echo)
				server := &wsconn.Server{Handler: handler, Compress: !test.off}
				c, extensions := connectOffering(t, start(t, server), test.lines...)
				if got := strings.Join(extensions, ", "); got != test.answer {
					t.Errorf("the server agrees to %q, want %q", got, test.answer)
				}
				message := words(400)
				c.send(masked(finText, message))
				c.expectPacked(t, test.answer != "", ws.OpText, message)
				c.leave()
			})
		}
	})
}

// Every way to write compresses what is worth it, and nothing else.
func TestCompressedWrites(t *testing.T) {
	messages := []struct {
		message []byte
		packed  bool
	}{
		{nil, false},
		{words(1), false},
		{words(deflate.Threshold - 1), false},
		{words(deflate.Threshold), true},
		{words(3000), true},
		{words(5000), true},
		{payload(20000), true}, // more than is copied into a batch, even compressed
		{words(70000), true},
		{noise(deflate.Threshold), false},
		{noise(20000), false},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Compress: true}
		c, _ := connectOffering(t, start(t, server), offer)
		conn := receive(t, "OnOpen", handler.opened)
		for name, write := range map[string]func(ws.OpCode, []byte) error{
			"Write":     conn.Write,
			"Broadcast": server.Broadcast,
			"WriteWait": func(op ws.OpCode, b []byte) error { return conn.WriteWait(context.Background(), op, b) },
			"Send":      func(op ws.OpCode, b []byte) error { return server.Send(conn.ID(), op, b) },
			"SendUser": func(op ws.OpCode, b []byte) error {
				n, err := server.SendUser(conn.Client().User, op, b)
				if n != 1 {
					t.Errorf("SendUser returns %d, want 1", n)
				}
				return err
			},
			"an echo": func(op ws.OpCode, b []byte) error { c.send(masked(fin|op, b)); return nil },
		} {
			t.Run(name, func(t *testing.T) {
				for _, m := range messages {
					for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary} {
						if op == ws.OpText && bytes.ContainsFunc(m.message, func(r rune) bool { return r > 127 }) {
							continue
						}
						if err := write(op, m.message); err != nil {
							t.Fatal(err)
						}
						c.expectPacked(t, m.packed, op, m.message)
					}
				}
			})
		}
		c.leave()
	})
}

// Some clients understand compressed messages, some have a small window, some
// neither. All of them get the same.
func TestCompressedBroadcast(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Compress: true}
		addr := start(t, server)
		type member struct {
			*client
			window int // bytes, or 0 for no compression
		}
		var members []member
		for range 2 {
			for line, window := range map[string]int{
				"X-None: 0": 0, offer: 1 << 15, offer + "; server_max_window_bits=9": 1 << 9, offer + "; server_max_window_bits=15": 1 << 15,
			} {
				c, _ := connectOffering(t, addr, line)
				receive(t, "OnOpen", handler.opened)
				members = append(members, member{c, window})
			}
		}
		for _, n := range []int{100, 400, 512, 513, 3000, 32768, 32769, 100000} {
			message := words(n)
			if err := server.Broadcast(ws.OpText, message); err != nil {
				t.Fatal(err)
			}
			for _, m := range members {
				fits := m.window == 1<<15 || n <= m.window
				m.expectPacked(t, fits && n >= deflate.Threshold, ws.OpText, message)
			}
		}
		for _, m := range members {
			m.leave()
		}
	})
}
