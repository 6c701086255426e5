package chaos

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A cache is a redis-server that can be taken away, and given back empty at the
// same address.
type cache struct {
	program, dir string
	addr         string
	admin        *redis.Client // patient: it waits while the server is frozen

	mu     sync.Mutex // held by whoever freezes or restarts the server
	server *process

	health  sync.Mutex
	faults  int       // that are going on
	healthy time.Time // when the last one ended
}

// patience is how long the harness waits for what should take much less.
const patience = 60 * time.Second

func startCache(program, dir string) (*cache, error) {
	c := &cache{program: program, dir: dir, healthy: time.Now()}
	for range 10 {
		c.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(quietPort()))
		if err := c.serve(); err == nil {
			break
		}
	}
	if c.server == nil {
		return nil, errors.New("no redis-server would start")
	}
	c.admin = redis.NewClient(&redis.Options{Addr: c.addr, ReadTimeout: patience, WriteTimeout: patience})
	return c, nil
}

// quietPort draws a port below those that the kernel gives to outgoing
// connections: one of these could take the port while the server is down.
func quietPort() int { return 10000 + rand.IntN(20000) }

// serve starts the server and waits until it answers.
func (c *cache) serve() error {
	if conn, err := net.Dial("tcp", c.addr); err == nil {
		conn.Close()
		return fmt.Errorf("somebody else is at %s", c.addr)
	}
	_, port, err := net.SplitHostPort(c.addr)
	if err != nil {
		return err
	}
	cmd := exec.Command(c.program, "--bind", "127.0.0.1", "--port", port, "--dir", c.dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no")
	server, err := start(cmd)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("tcp", c.addr); err == nil {
			conn.Close()
			c.server = server
			return nil
		}
		select {
		case <-server.exited:
			return fmt.Errorf("redis-server ended at once: %s", server.stderr)
		default:
		}
		if time.Now().After(deadline) {
			server.kill()
			return errors.New("redis-server does not listen")
		}
	}
}

func (c *cache) close() {
	c.admin.Close()
	c.server.kill()
}

// disturb runs a fault of the cache, and remembers that there was one.
func (c *cache) disturb(fault func() error) error {
	c.health.Lock()
	c.faults++
	c.health.Unlock()
	err := fault()
	c.health.Lock()
	c.faults--
	c.healthy = time.Now()
	c.health.Unlock()
	return err
}

// healthySince returns since when nothing disturbs the cache; ok is false while
// something does.
func (c *cache) healthySince() (since time.Time, ok bool) {
	c.health.Lock()
	defer c.health.Unlock()
	return c.healthy, c.faults == 0
}

func (c *cache) freeze(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server.freeze(d)
}

// restart kills the server, with all that it holds, and starts another one after
// d.
func (c *cache) restart(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server.kill()
	time.Sleep(d)
	return c.serve()
}

// command runs a command until it succeeds, because another fault may have taken
// the server away.
func (c *cache) command(args ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := c.admin.Do(ctx, args...).Err()
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// keys returns the keys that contain part.
func (c *cache) keys(part string) ([]string, error) {
	var keys []string
	scan := c.admin.Scan(context.Background(), 0, "*"+part+"*", 1000).Iterator()
	for scan.Next(context.Background()) {
		keys = append(keys, scan.Val())
	}
	return keys, scan.Err()
}

// leftOf returns what the cache has of a node.
func (c *cache) leftOf(node string) (left []string, err error) {
	left, err = c.keys(node)
	if err != nil {
		return nil, err
	}
	listed, err := c.lists(node)
	if listed {
		left = append(left, "its place in the list of nodes")
	}
	return left, err
}

// lists reports whether a node is in the list of nodes, which holds the eight
// bytes of its id as they are.
func (c *cache) lists(node string) (bool, error) {
	id, err := base64.RawURLEncoding.DecodeString(node)
	if err != nil {
		return false, err
	}
	nodes, err := c.admin.Get(context.Background(), prefix+"nodes").Bytes()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return bytes.Contains(nodes, id), err
}
