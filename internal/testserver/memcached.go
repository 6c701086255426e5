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
	addr, stop := StartMemcached(tb)
	tb.Cleanup(stop)
	return addr
}

// StartMemcached is Memcached for tests that stop it themselves.
func StartMemcached(tb testing.TB) (addr string, stop func()) {
	tb.Helper()
	path := Lookup(tb, "memcached", "memcached")
	addr, stop, err := start("memcached", func(port string) *exec.Cmd {
		// As root, memcached wants to be told that it may.
		return exec.Command(path, "-l", "127.0.0.1", "-p", port, "-U", "0", "-m", "64", "-u", "root")
	})
	if err != nil {
		tb.Fatal(fmt.Errorf("memcached: %w", err))
	}
	return addr, stop
}
