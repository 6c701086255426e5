package memcachedstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
)

// A connection that the server has closed while nobody used it is no failure.
func TestReconnect(t *testing.T) {
	closed := make(chan bool, 10)
	f := newFake(t, func(c net.Conn, r *bufio.Reader) {
		r.ReadString('\n')
		io.WriteString(c, "VALUE a 0 1\r\nx\r\nEND\r\n")
		c.Close()
		closed <- true
	})
	store := open(t, "memcached://"+f.addr+"?prefix=")
	for range 3 {
		if record := store.Fetch(t.Context(), []string{"a"}, most)[0]; record.Err != nil {
			t.Fatal(record.Err)
		}
		<-closed
	}
	if n := f.connections.Load(); n != 3 {
		t.Errorf("there were %d connections", n)
	}
	if idle := len(store.pools[0].idle); idle != 1 {
		t.Errorf("%d connections are kept", idle)
	}
}

// What is wrong with an answer is not put right by asking again, nor is a server
// that closes connections before they were used.
func TestNotAgain(t *testing.T) {
	closing := newFake(t, func(net.Conn, *bufio.Reader) {})
	if err := open(t, "memcached://"+closing.addr).Fetch(t.Context(), []string{"a"}, most)[0].Err; err == nil || err == session.ErrNotFound {
		t.Errorf("of a server that hangs up: %v", err)
	}
	if n := closing.connections.Load(); n != 1 {
		t.Errorf("there were %d connections to a server that hangs up", n)
	}
	answers := []string{"END\r\n", "ERROR\r\n"}
	f := newFake(t, func(c net.Conn, r *bufio.Reader) {
		for _, answer := range answers {
			r.ReadString('\n')
			io.WriteString(c, answer)
		}
	})
	store := open(t, "memcached://"+f.addr)
	if err := store.Fetch(t.Context(), []string{"a"}, most)[0].Err; err != session.ErrNotFound {
		t.Error(err)
	}
	if err := store.Fetch(t.Context(), []string{"a"}, most)[0].Err; err == nil || err == session.ErrNotFound {
		t.Errorf("of a server that answers ERROR: %v", err)
	}
	if n := f.connections.Load(); n != 1 {
		t.Errorf("there were %d connections", n)
	}
}

func TestPool(t *testing.T) {
	addr := testserver.Memcached(t)
	store := open(t, "memcached://"+addr)
	p := store.pools[0]
	pipe := func() (*conn, net.Conn) {
		near, far := net.Pipe()
		t.Cleanup(func() { near.Close() })
		return &conn{near, bufio.NewReader(near)}, far
	}
	// Only so many are kept; the others are closed.
	var far []net.Conn
	for range maxIdle + 1 {
		c, other := pipe()
		p.put(c)
		far = append(far, other)
	}
	if len(p.idle) != maxIdle {
		t.Errorf("%d connections are kept", len(p.idle))
	}
	if _, err := far[maxIdle].Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection that is not kept: %v", err)
	}
	// If one turns out to be dead, so are the others.
	for _, other := range far {
		other.Close()
	}
	if err := store.Fetch(t.Context(), []string{"a"}, most)[0].Err; err != session.ErrNotFound {
		t.Errorf("after all connections were closed: %v", err)
	}
	if len(p.idle) != 1 {
		t.Errorf("%d connections are kept, of which one lives", len(p.idle))
	}
	// One that has more to say than it was asked is not kept either.
	p.drop()
	c, other := pipe()
	go other.Write([]byte("END\r\nEND\r\n"))
	c.r.ReadString('\n')
	p.put(c)
	if len(p.idle) != 0 {
		t.Error("a connection is kept, although there is more to read")
	}
}

// A connection is used again, also after an item that was too long.
func TestKeepsConnection(t *testing.T) {
	f := newFake(t, func(c net.Conn, r *bufio.Reader) {
		for {
			if _, err := r.ReadString('\n'); err != nil {
				return
			}
			fmt.Fprintf(c, "VALUE long 0 5000\r\n%s\r\nVALUE short 0 4\r\nshor\r\nEND\r\n", strings.Repeat("x", 5000))
		}
	})
	store := open(t, "memcached://"+f.addr+"?prefix=")
	for range 10 {
		records := store.Fetch(t.Context(), []string{"short", "long", "none"}, 100)
		if string(records[0].Data) != "shor" || !errors.Is(records[1].Err, session.ErrUnreadable) || !errors.Is(records[2].Err, session.ErrNotFound) {
			t.Fatal(records)
		}
	}
	if n := f.connections.Load(); n != 1 {
		t.Errorf("there were %d connections", n)
	}
	store.Close()
	if err := store.Fetch(t.Context(), []string{"short", "long"}, 100)[0].Err; err == nil || errors.Is(err, session.ErrNotFound) {
		t.Errorf("after Close: %v", err)
	}
	if n := f.connections.Load(); n != 1 {
		t.Errorf("there were %d connections after Close", n)
	}
}

// A server that takes the command and never answers holds up nobody beyond ctx.
func TestContext(t *testing.T) {
	asked := make(chan bool, 1)
	silent := func(c net.Conn, r *bufio.Reader) {
		r.ReadString('\n')
		asked <- true
		io.Copy(io.Discard, r) // until the other side is gone
	}
	store := open(t, "memcached://"+newFake(t, silent).addr)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- store.Fetch(ctx, []string{"a"}, most)[0].Err }()
	<-asked
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Fetch with a context that is cancelled meanwhile: %v", err)
	}
	if err := store.Fetch(ctx, []string{"a"}, most)[0].Err; !errors.Is(err, context.Canceled) {
		t.Errorf("Fetch with a cancelled context: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := store.Fetch(ctx, []string{"a"}, most)[0].Err; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Fetch with a deadline: %v", err)
	}
	store.Close()
}

// No connection that was interrupted may be used again: the answer to one
// question would be read as that to the next.
func TestInterruptedConnection(t *testing.T) {
	proceed, asked := make(chan bool), make(chan bool, 1)
	f := newFake(t, func(c net.Conn, r *bufio.Reader) {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if key := strings.TrimSpace(strings.TrimPrefix(line, "get ")); key == "slow" {
				asked <- true
				<-proceed
				io.WriteString(c, "VALUE slow 0 1\r\ns\r\nEND\r\n")
			} else {
				fmt.Fprintf(c, "VALUE %s 0 1\r\nf\r\nEND\r\n", key)
			}
		}
	})
	store := open(t, "memcached://"+f.addr+"?prefix=")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if err := store.Fetch(ctx, []string{"slow"}, most)[0].Err; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	close(proceed)
	if record := store.Fetch(t.Context(), []string{"fast"}, most)[0]; string(record.Data) != "f" {
		t.Errorf("%q, %v", record.Data, record.Err)
	}
}
