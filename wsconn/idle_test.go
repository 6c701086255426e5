package wsconn_test

import (
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// expectIdle reads until the server closes because of idleness, and answers pings
// meanwhile. It returns how many there were.
func (c *client) expectIdle() (pings int) {
	c.t.Helper()
	for {
		switch f := c.read(); f.Header.OpCode {
		case ws.OpPing:
			pings++
			c.send(masked(finPong, f.Payload))
		case ws.OpPong:
		case ws.OpClose:
			if code, reason := ws.ParseCloseFrameData(f.Payload); code != wsconn.StatusIdle {
				c.t.Fatalf("closed with %d %q, want %d", code, reason, wsconn.StatusIdle)
			}
			c.send(masked(finClose, f.Payload))
			c.expectEnd()
			return pings
		default:
			c.t.Fatalf("read opcode %d", f.Header.OpCode)
		}
	}
}

func TestIdle(t *testing.T) {
	if wsconn.StatusIdle != 4408 {
		t.Errorf("StatusIdle is %d, want 4408", wsconn.StatusIdle)
	}
	const timeout = 600 * time.Millisecond
	clients := map[string]func(c *client){
		"silent":            func(*client) {},
		"silent for a time": func(c *client) { c.expectEcho("hello") },
		// Pings, and messages that do not end, are no messages.
		"pings": func(c *client) {
			for range 5 {
				c.send(masked(finPing, []byte("I am here")))
				c.expect(ws.OpPong, []byte("I am here"))
			}
			go c.keepSending(masked(finPing, nil), timeout/10)
		},
		"never ends": func(c *client) {
			c.send(masked(ws.OpText, []byte("and")))
			go c.keepSending(masked(more, []byte(" and")), timeout/10)
		},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, act := range clients {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, echo)
				server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{IdleTimeout: timeout, PingInterval: -1}}
				c := connect(t, start(t, server))
				act(c)
				c.expectIdle()
				handler.expectClosed(wsconn.CloseError{Code: wsconn.StatusIdle, Reason: "idle"})
			})
		}
	})
}

// keepSending sends the same again and again until that fails.
func (c *client) keepSending(frame []byte, pause time.Duration) {
	for {
		if _, err := c.nc.Write(frame); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// To answer pings is not to say something.
func TestIdleAlthoughItAnswers(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{
			IdleTimeout: 3 * time.Second, PingInterval: time.Second, // the time to answer, on a busy machine
		}}
		c := connect(t, start(t, server))
		if pings := c.expectIdle(); pings == 0 {
			t.Error("it was not even pinged")
		}
		handler.expectClosed(wsconn.CloseError{Code: wsconn.StatusIdle, Reason: "idle"})
	})
}

// Who speaks is not idle, however long. If the machine stands still for the timeout,
// this cannot be seen, and is tried again.
func TestNotIdle(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		const timeout = 400 * time.Millisecond
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{IdleTimeout: timeout, PingInterval: -1}}
		addr := start(t, server)
		for range 10 {
			closed, longest := speak(connect(t, addr), 3*timeout)
			if !closed {
				return
			}
			if longest < timeout/2 {
				t.Fatalf("it was closed, but was silent for no more than %v of %v", longest, timeout)
			}
		}
		t.Error("ten times the machine stood still for half of the timeout")
	})
}

// speak has messages echoed for a time. It reports whether the server has closed
// meanwhile, and for how long there was no message at most.
func speak(c *client, d time.Duration) (closed bool, longest time.Duration) {
	defer c.nc.Close()
	before := time.Now()
	for end := before.Add(d); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		sent := time.Now()
		c.nc.Write(masked(finText, []byte("hello")))
		f, err := readFrame(c.r)
		longest = max(longest, time.Since(before))
		if err != nil || f.Header.OpCode != ws.OpText {
			return true, longest
		}
		before = sent
	}
	return false, longest
}
