package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"time"
)

// A connFleet is a fleet of net.Conns, with a goroutine for each client that does
// something. It takes more of the machine than the epollFleet, and is for TLS, and
// for systems that are not Linux.
type connFleet struct {
	addr    string
	dialect *dialect
	conns   []fleetConn
}

type fleetConn struct {
	client
	net.Conn
}

// handshakes is how many clients connect or leave at once. They do it with as much
// CPU as the server.
const handshakes = 64

func (f *connFleet) connect(ctx context.Context, n int) error {
	f.conns = make([]fleetConn, n)
	return f.parallel("connect", n, handshakes, func(i int, v *voice, in []byte) error {
		c := &f.conns[i]
		c.stage = upgrading
		var dialer net.Dialer
		if runtime.GOOS == "linux" { // elsewhere only 127.0.0.1 is there
			ip := source()
			dialer.LocalAddr = &net.TCPAddr{IP: ip[:]}
		}
		conn, err := dialer.DialContext(ctx, "tcp", f.addr)
		if err != nil {
			return err
		}
		c.Conn = conn
		if f.dialect.tls {
			c.Conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // it signed its certificate itself
		}
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		return c.exchange(v, f.dialect.request(f.addr), in)
	})
}

func (f *connFleet) echo(_ context.Context, active, window, times int) error {
	chosen := activeOf(len(f.conns), active)
	return f.parallel("echo", active, window, func(i int, v *voice, in []byte) error {
		c := &f.conns[chosen[i]]
		return c.exchange(v, v.ask(&c.client, uint32(i), uint32(active), times, nil), in)
	})
}

func (f *connFleet) leave(context.Context) error {
	defer f.drop()
	return f.parallel("leave", len(f.conns), handshakes, func(i int, v *voice, in []byte) error {
		c := &f.conns[i]
		if err := c.exchange(v, v.leave(&c.client, nil), in); !errors.Is(err, io.EOF) {
			return err
		}
		return c.ended()
	})
}

func (f *connFleet) drop() {
	for _, c := range f.conns {
		if t, ok := c.Conn.(*tls.Conn); ok {
			t.NetConn().Close() // without a word
		} else if c.Conn != nil {
			c.Close()
		}
	}
	f.conns = nil
}

// parallel calls do with what it needs to listen.
func (f *connFleet) parallel(what string, n, workers int, do func(i int, v *voice, in []byte) error) error {
	ears := sync.Pool{New: func() any { return &ear{voice{dialect: f.dialect}, make([]byte, 4<<10)} }}
	err := parallel(n, workers, func(i int) error {
		e := ears.Get().(*ear)
		defer ears.Put(e)
		return do(i, &e.voice, e.in)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

type ear struct {
	voice voice
	in    []byte
}

// exchange says something, and whatever the answers call for, until the client has
// got what it waits for or the connection ends, with io.EOF.
func (c *fleetConn) exchange(v *voice, says, in []byte) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	for done := false; ; {
		if len(says) > 0 {
			if _, err := c.Write(says); err != nil {
				return err
			}
		}
		if done {
			return nil
		}
		n, err := c.Read(in)
		if err != nil {
			return err
		}
		if says, done, err = v.hear(&c.client, in[:n], says[:0]); err != nil {
			return err
		}
	}
}
