package wsconn_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A server that has no descriptors left goes on with those who are connected, says
// so now and then, and takes connections again when there are some. The limit is that
// of a process, so this one has its own.
func TestOutOfDescriptors(t *testing.T) {
	const inner = "ROLLCALL_TEST_OUT_OF_DESCRIPTORS"
	if os.Getenv(inner) == "" {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOutOfDescriptors$", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), inner+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	log := &complaints{}
	server := &wsconn.Server{Handler: newRecorder(t, echo), Logger: slog.New(log)}
	addr := startServe(t, server)
	var connected []*client
	for range 5 {
		connected = append(connected, connect(t, addr))
	}
	limit := syscall.Rlimit{Cur: uint64(descriptors() + 50), Max: uint64(descriptors() + 50)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal("the limit cannot be set:", err)
	}
	for range 3 {
		starve(t, server, addr, log, connected)
	}
	for _, c := range connected {
		c.leave()
	}
	expectEmptyBooks(t, server)
}

// starve uses up the descriptors, and gives them back.
func starve(t *testing.T, server *wsconn.Server, addr string, log *complaints, connected []*client) {
	log.reset()
	spare := exhaust(t)
	spare[0].Close()
	waiting := dial(t, addr) // which took that one, so there is none to accept it
	eventually(t, "the server says that it cannot accept", func() bool { return len(log.list()) > 0 })
	if first := log.list()[0]; first != 5*time.Millisecond {
		t.Errorf("it first waits %v, want 5ms, as after every success", first)
	}
	begin, woken := time.Now(), server.Woken()
	const rounds = 100
	for range rounds {
		for _, c := range connected {
			c.expectEcho("still here")
		}
		time.Sleep(10 * time.Millisecond)
	}
	passed := time.Since(begin)
	if n, most := len(log.list()), 10+int(passed/time.Second); n > most {
		t.Errorf("in %v it has complained %d times, want at most %d", passed, n, most)
	}
	if n := server.Woken() - woken; n > 10*rounds*uint64(len(connected)) {
		t.Errorf("the loops have woken %d times for %d messages", n, rounds*len(connected))
	}
	if !slices.IsSorted(log.list()) {
		t.Errorf("it has waited %v, want longer and longer", log.list())
	}
	for _, f := range spare[1:] {
		f.Close()
	}
	waiting.enter(upgrade(addr))
	waiting.expectEcho("at last")
	waiting.leave()
	visit(t, addr)
}

// exhaust opens files until there is no descriptor left.
func exhaust(t *testing.T) (files []*os.File) {
	t.Cleanup(func() {
		for _, f := range files {
			f.Close()
		}
	})
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			if len(files) == 0 {
				t.Fatal(err)
			}
			return files
		}
		files = append(files, f)
	}
}

// complaints is a handler of logs that notes how long the server says it waits.
type complaints struct {
	mu    sync.Mutex
	after []time.Duration
}

func (c *complaints) Enabled(context.Context, slog.Level) bool { return true }
func (c *complaints) WithAttrs([]slog.Attr) slog.Handler       { return c }
func (c *complaints) WithGroup(string) slog.Handler            { return c }

func (c *complaints) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "after" {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.after = append(c.after, a.Value.Duration())
		}
		return true
	})
	return nil
}

func (c *complaints) list() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.after)
}

func (c *complaints) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after = nil
}
