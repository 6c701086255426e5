package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gobwas/ws"
)

// A fleet is many clients of one server. It does one thing at a time with all of
// them, for a few at once: it waits for each answer before it goes on.
type fleet struct {
	addr  string
	conns []net.Conn
}

// fleetWorkers is how many clients do something at once.
const fleetWorkers = 64

// maxSockets is how many clients a fleet may have: each takes a file here, and
// one in the server's process, which has the same limit.
func maxSockets() int { return max(1, min(fdLimit()-200, maxPorts)) }

// maxPorts is fewer than the ports that one address can connect to another from.
const maxPorts = 25_000

const whyMaxSockets = "each takes an open file (see ulimit -n) and a local port"

// connect opens n connections in the way of a browser, whose page is the
// server's own.
func (f *fleet) connect(ctx context.Context, n int) error {
	f.conns = make([]net.Conn, n)
	dialer := ws.Dialer{
		Timeout: patience,
		Header:  ws.HandshakeHeaderHTTP(http.Header{"Origin": {"http://" + f.addr}}),
	}
	return parallel(n, fleetWorkers, func(i int) error {
		conn, early, _, err := dialer.Dial(ctx, "ws://"+f.addr+"/")
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		f.conns[i] = conn
		if early != nil {
			return errors.New("connect: the server speaks first")
		}
		return conn.SetDeadline(time.Now().Add(maxRun))
	})
}

const echoSize = 128

// echo sends a text over each connection and compares what comes back, a number
// of times. No two texts are alike.
func (f *fleet) echo(times int) error {
	for t := range times {
		err := parallel(len(f.conns), fleetWorkers, func(i int) error {
			return echoOnce(f.conns[i], fmt.Appendf(nil, "%0*d", echoSize, t*len(f.conns)+i))
		})
		if err != nil {
			return fmt.Errorf("echo: %w", err)
		}
	}
	return nil
}

func echoOnce(conn net.Conn, text []byte) error {
	if _, err := conn.Write(clientFrame(ws.NewTextFrame(text))); err != nil {
		return err
	}
	want := ws.MustCompileFrame(ws.NewTextFrame(text))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("sent %q, got the frame %q", text, got)
	}
	return nil
}

// leave closes every connection in the way of the protocol, as a browser does
// when the page is left: with 1001, and the server ends the TCP connection.
func (f *fleet) leave() error {
	goodbye := ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, ""))
	return parallel(len(f.conns), fleetWorkers, func(i int) error {
		conn := f.conns[i]
		defer conn.Close()
		if _, err := conn.Write(clientFrame(goodbye)); err != nil {
			return fmt.Errorf("leave: %w", err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil {
			return fmt.Errorf("leave: %w", err)
		}
		if len(answer) == 0 || answer[0] != 0x80|byte(ws.OpClose) {
			return fmt.Errorf("leave: the answer is %q and no close frame", answer)
		}
		return nil
	})
}

// drop closes what is open. It is for a fleet that did not leave.
func (f *fleet) drop() {
	for _, conn := range f.conns {
		if conn != nil {
			conn.Close()
		}
	}
}

// clientFrame encodes a frame as clients must, with a mask. It changes the
// payload of no other frame.
func clientFrame(f ws.Frame) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(f))
}
