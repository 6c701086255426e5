package wsconn_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A server has a connection as a bare descriptor, keeps its net.Conn, or has a
// goroutine read it. All tests of this package run in all of these modes: in the first
// by themselves, in the others in a process that TestModes starts.
const modeVariable = "ROLLCALL_WSCONN_MODE"

var mode = os.Getenv(modeVariable)

const (
	modeBare     = ""         // descriptors that the server accepts itself
	modeTaken    = "taken"    // descriptors of *net.TCPConn, as a listener of another type gives
	modeKept     = "kept"     // a type that is more than a *net.TCPConn, and has a descriptor
	modePortable = "portable" // as on systems without a poller
)

func TestModes(t *testing.T) {
	t.Parallel()
	// What is not a matter of a mode: this test; that nothing is allocated, where each
	// write of a net.Conn takes a goroutine; and what becomes of a loop's listeners and
	// descriptors, where there is no loop.
	for other, apart := range map[string]string{
		modeTaken:    "^TestModes$",
		modeKept:     "^TestModes$|Allocs$",
		modePortable: "^TestModes$|Allocs$|^TestLoggerMay|^TestUnwatchable",
	} {
		t.Run(other, func(t *testing.T) {
			args := []string{"-test.timeout=5m", "-test.skip=" + apart}
			if testing.Short() {
				args = append(args, "-test.short")
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
			cmd.Env = append(os.Environ(), modeVariable+"="+other)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func init() {
	if mode == modePortable {
		wsconn.ForcePortable()
	}
}

// listen returns a listener on a free port. It has the kernel hold little of what is
// sent, so that not much must be sent to a client that does not read before the server
// notices. When the test has stopped its server, whatever was accepted must be closed.
func listen(t *testing.T) net.Listener {
	t.Helper()
	config := net.ListenConfig{Control: holdLittle}
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if mode == modeBare {
		return l
	}
	k := &keeper{Listener: l}
	t.Cleanup(func() {
		l.Close()
		eventually(t, "the server has closed its sockets", k.closed)
	})
	return k
}

// A keeper knows the connections that it accepted, which also keeps the garbage
// collector from closing them.
type keeper struct {
	net.Listener
	mu       sync.Mutex
	accepted []net.Conn
}

// A keptConn is a net.Conn that is more than a socket, for all that a server can know.
type keptConn struct{ *net.TCPConn }

func (k *keeper) Accept() (net.Conn, error) {
	nc, err := k.Listener.Accept()
	if err != nil {
		return nil, err
	}
	nc.(*net.TCPConn).SetWriteBuffer(64 << 10)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.accepted = append(k.accepted, nc)
	if mode == modeKept {
		return keptConn{nc.(*net.TCPConn)}, nil
	}
	return nc, nil
}

// closed reports whether all the connections are.
func (k *keeper) closed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !slices.ContainsFunc(k.accepted, func(nc net.Conn) bool {
		return !errors.Is(nc.SetDeadline(time.Time{}), net.ErrClosed)
	})
}
