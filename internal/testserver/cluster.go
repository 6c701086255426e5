package testserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// clusterNodes is the fewest that redis-cli makes a cluster of.
const clusterNodes = 3

// RedisCluster starts a Redis Cluster of three nodes without replicas, stops it
// when the test ends, and returns the addresses of its nodes.
func RedisCluster(tb testing.TB) []string {
	tb.Helper()
	server := Lookup(tb, "redis-server", "redis-server")
	cli := Lookup(tb, "redis-cli", "redis-tools")
	var addrs []string
	for range clusterNodes {
		addrs = append(addrs, clusterNode(tb, server))
	}
	if err := join(cli, addrs); err != nil {
		tb.Fatal(err)
	}
	return addrs
}

// clusterNode starts one node that knows no other. Beside its port it listens on
// another one for its peers, which by default would be 10000 higher and so may
// be no port at all.
func clusterNode(tb testing.TB, server string) (addr string) {
	tb.Helper()
	addr, stop, err := start("redis-server", func(port string) *exec.Cmd {
		bus, err := freePort()
		if err != nil {
			tb.Fatal(err)
		}
		// A folder for every try: a node keeps its name in it.
		return exec.Command(server, "--bind", "127.0.0.1", "--port", port, "--dir", tb.TempDir(),
			"--save", "", "--appendonly", "no", "--daemonize", "no",
			"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus))
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	return addr
}

// join makes the nodes one cluster and waits until each of them says that it
// serves.
func join(cli string, addrs []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	create := append([]string{"--cluster", "create"}, addrs...)
	create = append(create, "--cluster-replicas", "0", "--cluster-yes")
	if out, err := output(ctx, cli, create...); err != nil {
		return fmt.Errorf("testserver: redis-cli --cluster create: %w: %s", err, out)
	}
	for _, addr := range addrs {
		if err := await(ctx, cli, addr, "cluster_state:ok", "cluster", "info"); err != nil {
			return err
		}
	}
	return nil
}

// await asks the server at addr until its answer contains want.
func await(ctx context.Context, cli, addr, want string, command ...string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	args := append([]string{"-h", host, "-p", port}, command...)
	for {
		out, err := output(ctx, cli, args...)
		if err == nil && strings.Contains(out, want) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("testserver: %s does not say %s: %w: %s", addr, want, errors.Join(ctx.Err(), err), out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func output(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	dieWithParent(cmd)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// RedisSentinel starts a Redis with one Sentinel that watches it under the name
// "rollcall", stops both when the test ends, and returns the Sentinel's address.
func RedisSentinel(tb testing.TB) string {
	tb.Helper()
	server := Lookup(tb, "redis-server", "redis-server")
	cli := Lookup(tb, "redis-cli", "redis-tools")
	_, port, err := net.SplitHostPort(Redis(tb))
	if err != nil {
		tb.Fatal(err)
	}
	// A Sentinel keeps what it knows in its configuration, so it must be a file.
	config := filepath.Join(tb.TempDir(), "sentinel.conf")
	if err := os.WriteFile(config, []byte("sentinel monitor "+SentinelMaster+" 127.0.0.1 "+port+" 1\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	addr, stop, err := start("redis-server --sentinel", func(port string) *exec.Cmd {
		return exec.Command(server, config, "--sentinel", "--bind", "127.0.0.1", "--port", port)
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	if err := await(ctx, cli, addr, port, "sentinel", "get-master-addr-by-name", SentinelMaster); err != nil {
		tb.Fatal(err)
	}
	return addr
}

// SentinelMaster is the name under which RedisSentinel's server is known.
const SentinelMaster = "rollcall"
