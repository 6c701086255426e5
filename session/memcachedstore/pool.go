package memcachedstore

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// A pool asks one server, and keeps connections to it.
type pool struct {
	server Server
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

// A conn is a connection with what has been read ahead from it.
type conn struct {
	net.Conn
	r *bufio.Reader
}

// maxIdle is how many connections a server keeps while nobody asks.
const maxIdle = 4

// lineLen bounds a line of an answer. The longest key has 250 bytes.
const lineLen = 4096

// get asks for keys in one round trip and gives got each item that there is,
// also if it then returns an error.
func (p *pool) get(ctx context.Context, keys []string, max int, got func(key string, it item)) error {
	wanted := make(map[string]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	c, old, err := p.take(ctx)
	if err != nil {
		return err
	}
	err = p.roundTrip(ctx, c, keys, wanted, max, got)
	if err == nil || !old || ctx.Err() != nil || len(wanted) < len(keys) || !dead(err) {
		return err
	}
	// The server had closed the connection since it was last used. So it has
	// the others, if it was started again.
	p.drop()
	if c, err = p.open(ctx); err != nil {
		return err
	}
	return p.roundTrip(ctx, c, keys, wanted, max, got)
}

// dead reports whether err is that of a connection, not of what came over it.
func dead(err error) bool {
	var answer answerError
	return !errors.As(err, &answer)
}

func (p *pool) roundTrip(ctx context.Context, c *conn, keys []string, wanted map[string]bool, max int, got func(string, item)) error {
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	err := ask(c, keys)
	if err == nil {
		err = listen(c.r, wanted, max, got)
	}
	ended := !stop()
	if err != nil || ended {
		c.Close()
	} else {
		p.put(c)
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return err
}

// take returns a connection that was used before, if there is one.
func (p *pool) take(ctx context.Context) (c *conn, old bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c, p.idle = p.idle[n-1], p.idle[:n-1]
	}
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, false, errors.New("the store is closed")
	}
	if c != nil {
		return c, true, nil
	}
	c, err = p.open(ctx)
	return c, false, err
}

func (p *pool) open(ctx context.Context) (*conn, error) {
	c, err := p.dial(ctx, p.server.network(), p.server.Addr)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, lineLen)}, nil
}

// put keeps a connection whose answer has been read to its end.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	keep := !p.closed && len(p.idle) < maxIdle && c.r.Buffered() == 0
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.Close()
	}
}

// drop closes the connections that nobody uses.
func (p *pool) drop() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, c := range idle {
		c.Close()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.drop()
}
