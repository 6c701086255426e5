package testserver

import (
	"fmt"
	"os/exec"
	"testing"
)

// Memcached starts a memcached of 64 MB, stops it when the test ends, and
// returns its address.
func Memcached(tb testing.TB) string {
	tb.Helper()
	addr, stop := startMemcached(tb, "-m", "64")
	tb.Cleanup(stop)
	return addr
}

// SmallMemcached is Memcached with 1 MB, which forgets what it has no room for.
func SmallMemcached(tb testing.TB) string {
	tb.Helper()
	addr, stop := startMemcached(tb, "-m", "1", "-I", "256k", "-o", "slab_chunk_max=128") // one value takes a part of it at most
	tb.Cleanup(stop)
	return addr
}

// StartMemcached is Memcached for tests that stop it themselves.
func StartMemcached(tb testing.TB) (addr string, stop func()) {
	tb.Helper()
	return startMemcached(tb, "-m", "64")
}

func startMemcached(tb testing.TB, args ...string) (addr string, stop func()) {
	tb.Helper()
	path := Lookup(tb, "memcached", "memcached")
	addr, stop, err := start("memcached", func(port string) *exec.Cmd {
		// As root, memcached wants to be told that it may.
		return exec.Command(path, append(args, "-l", "127.0.0.1", "-p", port, "-U", "0", "-u", "root")...)
	})
	if err != nil {
		tb.Fatal(fmt.Errorf("memcached: %w", err))
	}
	return addr, stop
}
