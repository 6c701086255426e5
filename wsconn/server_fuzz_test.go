package wsconn_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/wsconn"
)

// How a client of FuzzServer ends, when it has sent all.
const (
	endHalfClose = iota // and reads on
	endClose
	endReset
	ends
)

const fuzzMessage = 64 << 10 // the longest message

// FuzzServer lets a client in and has it send hostile bytes, in pieces. The server
// must answer with frames, of which the last may be a close frame; if gobwas' own
// reader finds a violation in the bytes, with the code for that. Then it must be rid
// of the client, and have another one served.
func FuzzServer(f *testing.F) {
	text := func(s string) []byte { return masked(finText, []byte(s)) }
	long := bytes.Repeat([]byte("é"), 400)
	for _, seed := range [][][]byte{
		{},
		{text("hello"), masked(finBinary, []byte{0xff}), masked(finPing, []byte("?")), closing(1000, "bye")},
		{masked(ws.OpText, long[:3]), masked(finPing, nil), masked(finMore, long[3:])},
		{masked(finText, long), masked(finBinary, bytes.Repeat(long, 20))},
		{text("\xff")}, {masked(ws.OpText, []byte("\xf0\x80"))},
		{unmasked(finText, []byte("x"))}, {masked(3, nil)}, {masked(finText|rsv2, nil)},
		{masked(ws.OpPing, nil)}, {declared(finPing, 126)}, {masked(finMore, nil)},
		{masked(ws.OpText, nil), text("in between")},
		{declared(finBinary, 1<<63)}, {declared(finBinary, 1<<62)}, {declared(finBinary, fuzzMessage+1)},
		{closing(1005, "")}, {masked(finClose, []byte{3})}, {closing(1000, "\xff")}, {closing(4000, ""), text("late")},
		{{0x81, 0xfe, 0, 3, 0, 0, 0, 0, 'a', 'b', 'c'}},                          // a length longer than it need be
		{masked(finText|rsv1, []byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})}, // RFC 7692, section 7.2.3.1
		{masked(finText|rsv1, []byte{0xff, 0xff, 0xff})}, {masked(finMore|rsv1, nil)}, {masked(finPing|rsv1, nil)},
	} {
		data := bytes.Join(seed, nil)
		for end := range byte(ends) {
			f.Add(data, []byte{}, end%2 == 0, end)
			f.Add(data, []byte{1}, end%2 == 1, end)
			f.Add(data, []byte{3, 200, 7}, true, end)
		}
	}
	addr, server := startFuzzed(f)
	f.Fuzz(func(t *testing.T, data, cuts []byte, compress bool, end byte) {
		data = data[:min(len(data), 16<<10)]
		c := dial(t, addr)
		defer c.reset()
		request := upgrade(addr)
		if compress {
			request = request.with("Sec-WebSocket-Extensions: permessage-deflate")
		}
		c.enter(request)
		answers := make(chan []byte, 1)
		go func() {
			b, _ := io.ReadAll(c.r)
			answers <- b
		}()
		sendPieces(c.nc, data, cuts)
		switch end % ends {
		case endHalfClose:
			c.nc.(*net.TCPConn).CloseWrite()
		case endClose:
			c.nc.Close()
		case endReset:
			c.reset()
		}
		code, closed := checkAnswers(t, receive(t, "end of the stream", answers), compress, end%ends == endHalfClose)
		want, known := gobwasFinds(data, compress)
		if known && end%ends == endHalfClose && (!closed || want != 0 && code != want) {
			t.Errorf("closed: %v, with %d, want %d", closed, code, want)
		}
		visit(t, addr)
		expectNobodyNow(t, server)
		if n := server.Books().Found; n != 0 {
			t.Errorf("%d can be found by an id", n)
		}
	})
}

func startFuzzed(f *testing.F) (addr string, server *wsconn.Server) {
	storage, err := clientstorage.New(nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	server = &wsconn.Server{
		Storage: storage, Handler: wsconn.HandlerFunc(echo), Compress: true,
		Logger: slog.New(slog.DiscardHandler),
		Limits: wsconn.Limits{MaxMessageBytes: fuzzMessage, CloseTimeout: time.Second},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(l)
	}()
	f.Cleanup(func() {
		server.Shutdown(context.Background())
		<-served
	})
	return l.Addr().String(), server
}

// sendPieces writes data in pieces of the lengths in cuts, over and over, as far as
// the server listens. There are not too many of them.
func sendPieces(nc net.Conn, data, cuts []byte) {
	for i := 0; len(data) > 0; i++ {
		n := len(data)
		if len(cuts) > 0 && i < 500 {
			n = min(n, max(1, int(cuts[i%len(cuts)])))
		}
		if _, err := nc.Write(data[:n]); err != nil {
			return
		}
		data = data[n:]
	}
}

// checkAnswers checks that b is frames of a server, to the last byte if it is whole,
// and returns the code of the close frame that ends it.
func checkAnswers(t *testing.T, b []byte, compress, whole bool) (code ws.StatusCode, closed bool) {
	t.Helper()
	state := ws.StateClientSide
	if compress {
		state |= ws.StateExtended
	}
	for r := bytes.NewReader(b); r.Len() > 0; {
		if closed {
			t.Errorf("%d bytes come behind the close frame", r.Len())
			break
		}
		f, err := readFrame(r)
		if err != nil {
			if whole {
				t.Errorf("the last frame is cut off: %v", err)
			}
			break
		}
		if err := ws.CheckHeader(f.Header, state); err != nil {
			t.Errorf("a frame has header %+v: %v", f.Header, err)
		}
		if closed = f.Header.OpCode == ws.OpClose; closed {
			code, _ = ws.ParseCloseFrameData(f.Payload)
		}
	}
	return code, closed
}

// gobwasFinds returns the code for what is wrong with data, according to gobwas' own
// reader, or 0 if the client closes before that, with whatever code. It does not know if
// nothing of that is so, or if it is for others to judge: what is compressed, and
// lengths that are not in the shortest form, which gobwas takes.
func gobwasFinds(data []byte, compress bool) (code ws.StatusCode, known bool) {
	if !plain(data, compress) {
		return 0, false
	}
	ended := false
	r := wsutil.Reader{
		Source: bytes.NewReader(data), State: ws.StateServerSide, CheckUTF8: true, MaxMessageSize: fuzzMessage,
		OnIntermediate: func(h ws.Header, payload io.Reader) error {
			n, err := io.Copy(io.Discard, payload)
			ended = ended || h.OpCode == ws.OpClose && n == h.Length
			return err
		},
	}
	for {
		h, err := r.NextFrame()
		if err == nil {
			var n int64
			n, err = io.Copy(io.Discard, &r)
			ended = ended || h.OpCode == ws.OpClose && n == h.Length
		}
		_, isProtocol := errors.AsType[ws.ProtocolError](err)
		switch {
		case ended: // maybe in the middle of a message that is wrong, too, but later
			return 0, true
		case isProtocol, errors.Is(err, ws.ErrHeaderLengthMSB):
			return ws.StatusProtocolError, true
		case errors.Is(err, wsutil.ErrInvalidUTF8):
			return ws.StatusInvalidFramePayloadData, true
		case errors.Is(err, wsutil.ErrMessageTooLarge):
			return ws.StatusMessageTooBig, true
		case err != nil:
			return 0, false
		}
	}
}

// plain reports whether gobwas and the server see the frames in data alike.
func plain(data []byte, compress bool) bool {
	for {
		h, err := ws.ReadHeader(bytes.NewReader(data))
		if err != nil {
			return true
		}
		form := data[1] & 0x7f
		if form == 126 && h.Length < 126 || form == 127 && h.Length < 1<<16 || compress && h.Rsv1() {
			return false
		}
		size := int64(ws.HeaderSize(h))
		if h.Length > int64(len(data))-size {
			return true
		}
		data = data[size+h.Length:]
	}
}
