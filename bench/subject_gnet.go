package main

import (
	"bytes"
	"io"
	"sync"

	"github.com/gobwas/ws"
	"github.com/panjf2000/gnet/v2"
)

func init() {
	addSockets("gnet", func() socketServer { return &gnetServer{} }, "github.com/panjf2000/gnet/v2")
}

// A gnetServer is WebSocket by gobwas/ws over panjf2000/gnet, as gnet's example does
// it: an event loop on each CPU with a listening socket of its own, the upgrade and
// the frames taken from what the loop has read, an answer written at once. Unlike
// the example it copies nothing aside and does not print. Without fragments, pings,
// limits, a check of UTF-8 or of the origin, it is a lower bound of such a server.
type gnetServer struct {
	gnet.BuiltinEventEngine
	guestbook
}

func (s *gnetServer) serve(addr string) error {
	return gnet.Run(s, "tcp://"+addr, gnet.WithMulticore(true), gnet.WithReusePort(true), gnet.WithLogger(gnetLog{}))
}

// A gnetLog says nothing: by default gnet writes to standard output, which is for
// answers to the parent.
type gnetLog struct{}

func (gnetLog) Debugf(string, ...any) {}
func (gnetLog) Infof(string, ...any)  {}
func (gnetLog) Warnf(string, ...any)  {}
func (gnetLog) Errorf(string, ...any) {}
func (gnetLog) Fatalf(string, ...any) {}

// A client's context is its id, or nil before the upgrade.

func (s *gnetServer) OnClose(c gnet.Conn, _ error) gnet.Action {
	if id, ok := c.Context().(string); ok {
		s.exit(id)
	}
	return gnet.None
}

func (s *gnetServer) OnTraffic(c gnet.Conn) gnet.Action {
	in, _ := c.Peek(-1)
	if c.Context() == nil {
		end := bytes.Index(in, headEnd)
		if end < 0 {
			return gnet.None
		}
		end += len(headEnd)
		if _, err := ws.Upgrade(readWriter{bytes.NewReader(in[:end]), c}); err != nil {
			return gnet.Close
		}
		c.SetContext(s.enter())
		_, _ = c.Discard(end)
		in = in[end:]
	}
	out := gnetOut.Get().(*bytes.Buffer)
	out.Reset()
	used, action := echoFrames(in, out)
	_, _ = c.Discard(used)
	if out.Len() > 0 {
		if _, err := c.Write(out.Bytes()); err != nil {
			action = gnet.Close
		}
	}
	gnetOut.Put(out)
	return action
}

var gnetOut = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type readWriter struct {
	io.Reader
	io.Writer
}

// echoFrames answers the whole frames at the front of in, and returns how long they
// are.
func echoFrames(in []byte, out *bytes.Buffer) (used int, action gnet.Action) {
	for {
		r := bytes.NewReader(in[used:])
		head, err := ws.ReadHeader(r)
		if err == io.EOF || err == io.ErrUnexpectedEOF || err == nil && int64(r.Len()) < head.Length {
			return used, gnet.None // the rest is still to come
		}
		if err != nil {
			return used, gnet.Close
		}
		begin := len(in) - r.Len()
		payload := in[begin : begin+int(head.Length)]
		used = begin + len(payload)
		ws.Cipher(payload, head.Mask, 0)
		head.Masked = false
		_ = ws.WriteHeader(out, head) // a buffer takes everything
		out.Write(payload)
		if head.OpCode == ws.OpClose {
			return used, gnet.Close
		}
	}
}
