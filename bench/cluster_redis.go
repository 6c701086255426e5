package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A redisServer is a redis that serves one measurement only, so that what it
// costs is what the measurement costs it.
type redisServer struct {
	addr   string
	client *redis.Client
	stop   func()
}

func startRedis(ctx context.Context) (*redisServer, error) {
	dir, err := os.MkdirTemp("", "rollcall-bench-")
	if err != nil {
		return nil, err
	}
	addr, stop, err := testserver.StartRedis(dir)
	if err != nil {
		os.RemoveAll(dir)
		if errors.Is(err, testserver.ErrMissing) {
			err = fmt.Errorf("%w; on Debian: apt-get install redis-server", err)
		}
		return nil, err
	}
	s := &redisServer{addr: addr, client: redis.NewClient(&redis.Options{Addr: addr})}
	s.stop = func() {
		s.client.Close()
		stop()
		os.RemoveAll(dir)
	}
	return s, nil
}

// usage is what redis says of itself.
type usage struct {
	cpu    time.Duration // user and system
	memory int64         // without the buffers of its connections
	calls  map[string]int
}

func (s *redisServer) usage(ctx context.Context) (usage, error) {
	text, err := s.client.Info(ctx, "all").Result()
	if err != nil {
		return usage{}, err
	}
	info := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	u := usage{calls: make(map[string]int)}
	user, err1 := strconv.ParseFloat(info["used_cpu_user"], 64)
	system, err2 := strconv.ParseFloat(info["used_cpu_sys"], 64)
	used, err3 := strconv.ParseInt(info["used_memory"], 10, 64)
	buffers, err4 := strconv.ParseInt(info["mem_clients_normal"], 10, 64)
	u.cpu = time.Duration((user + system) * float64(time.Second))
	u.memory = used - buffers
	for name, value := range info {
		if command, ok := strings.CutPrefix(name, "cmdstat_"); ok {
			calls, _, _ := strings.Cut(strings.TrimPrefix(value, "calls="), ",")
			n, err := strconv.Atoi(calls)
			if err != nil {
				return usage{}, fmt.Errorf("INFO commandstats: %w", err)
			}
			u.calls[command] = n
		}
	}
	return u, errors.Join(err1, err2, err3, err4)
}

// since returns what was used after the earlier usage.
func (u usage) since(before usage) usage {
	d := usage{u.cpu - before.cpu, u.memory - before.memory, maps.Clone(u.calls)}
	for command, n := range before.calls {
		d.calls[command] -= n
	}
	return d
}

// microsPer returns the CPU time per operation.
func (u usage) microsPer(ops int) float64 { return float64(u.cpu.Nanoseconds()) / 1e3 / float64(ops) }

// reading are the commands that change nothing. What is not here is a write, so
// that a write of a kind that nobody thought of is counted.
var reading = map[string]bool{
	"get": true, "mget": true, "exists": true, "smembers": true, "hgetall": true, "pttl": true, "strlen": true, "scan": true,
}

// aside are the commands of connections, and of the harness.
var aside = map[string]bool{
	"info": true, "hello": true, "ping": true, "auth": true, "select": true, "client": true, "command": true, "config": true, "dbsize": true,
	"client|setinfo": true, "client|setname": true, "client|tracking": true, "client|maint_notifications": true, "client|id": true,
	"script|load": true, "multi": true, "exec": true,
}

// requests returns how many commands wrote and read. What a script does is part
// of the script, which is one write.
func (u usage) requests() (writes, reads int) {
	if scripts := u.calls["evalsha"] + u.calls["eval"]; scripts > 0 {
		return scripts, 0
	}
	for command, n := range u.calls {
		switch {
		case aside[command]:
		case reading[command]:
			reads += n
		default:
			writes += n
		}
	}
	return writes, reads
}

// settled waits until no key has come or gone for a while: a storage has written
// what it writes a lease later.
func (s *redisServer) settled(ctx context.Context, quiet time.Duration) error {
	const step = 50 * time.Millisecond
	last, since := int64(-1), time.Now()
	for deadline := time.Now().Add(quiet + patience); time.Since(since) < quiet; time.Sleep(min(step, quiet)) {
		n, err := s.client.DBSize(ctx).Result()
		if err != nil {
			return err
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("redis has %d keys and still changes", n)
		}
	}
	return nil
}
