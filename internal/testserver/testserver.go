// Package testserver starts real servers for tests and benchmarks: on a free
// port of the loopback interface, in a temporary folder, for as long as they are
// needed.
package testserver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// Required is the environment variable that makes a missing server a failure
// rather than a skipped test. "make test" sets it.
const Required = "ROLLCALL_REQUIRE_SERVERS"

// ErrMissing says that a server's program is not installed.
var ErrMissing = errors.New("testserver: not installed")

// Lookup returns the path of a program that a test needs. Without it, it skips
// the test, or fails it if servers are required.
func Lookup(tb testing.TB, program, debianPackage string) string {
	tb.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		Missing(tb, fmt.Sprintf("%s is not installed; on Debian: apt-get install %s", program, debianPackage))
	}
	return path
}

// Try runs a program that tells by its exit status whether what a test needs is
// there, such as a module of its own. If not, it does as Lookup.
func Try(tb testing.TB, debianPackages, program string, args ...string) {
	tb.Helper()
	Lookup(tb, program, debianPackages)
	if output, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		Missing(tb, fmt.Sprintf("%s lacks something; on Debian: apt-get install %s\n%s", program, debianPackages, output))
	}
}

// Missing skips a test that lacks something, or fails it if servers are
// required. It is the only place that skips.
func Missing(tb testing.TB, text string) {
	tb.Helper()
	if os.Getenv(Required) != "" {
		tb.Fatal(text)
	}
	tb.Skip(text)
}

// Redis starts a redis-server that keeps nothing on disk, stops it when the test
// ends, and returns its address.
func Redis(tb testing.TB) string {
	tb.Helper()
	Lookup(tb, "redis-server", "redis-server")
	addr, stop, err := StartRedis(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	return addr
}

// StartRedis is Redis for programs that are no tests. The server works in dir.
func StartRedis(dir string) (addr string, stop func(), err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, fmt.Errorf("%w: redis-server", ErrMissing)
	}
	return start("redis-server", func(port string) *exec.Cmd {
		return exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--dir", dir,
			"--save", "", "--appendonly", "no", "--daemonize", "no")
	})
}

// start runs a server on a free port and waits until it accepts connections.
// Another process may take the port between finding and using it, so a server
// that ends at once is started again on another one.
func start(name string, command func(port string) *exec.Cmd) (addr string, stop func(), err error) {
	for range 5 {
		var port int
		if port, err = freePort(); err != nil {
			return "", nil, err
		}
		addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		cmd := command(strconv.Itoa(port))
		if stop, err = run(cmd, addr); err == nil {
			return addr, stop, nil
		}
	}
	return "", nil, fmt.Errorf("testserver: %s: %w", name, err)
}

func run(cmd *exec.Cmd, addr string) (stop func(), err error) {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	stop = func() {
		cmd.Process.Kill()
		<-exited
	}
	deadline := time.After(20 * time.Second)
	for {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return stop, nil
		}
		select {
		case <-exited:
			return nil, fmt.Errorf("it ended at once: %s", output.Bytes())
		case <-deadline:
			stop()
			return nil, fmt.Errorf("it does not listen: %s", output.Bytes())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
