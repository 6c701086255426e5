package redisstore_test

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

// A redisServer can be stopped and started again. It listens on a socket of the
// file system: a port would be somebody else's meanwhile.
type redisServer struct {
	t    *testing.T
	addr string
	cmd  *exec.Cmd
}

func (s *redisServer) start() {
	s.t.Helper()
	s.cmd = exec.Command(testserver.Lookup(s.t, "redis-server", "redis-server"),
		"--port", "0", "--unixsocket", s.addr, "--dir", filepath.Dir(s.addr), "--save", "", "--daemonize", "no")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // if the test is killed
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *redisServer) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// restartable returns a server that begins to run.
func restartable(t *testing.T) *redisServer {
	t.Helper()
	s := &redisServer{t: t, addr: filepath.Join(t.TempDir(), "redis.sock")}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func TestWatchRestart(t *testing.T) {
	t.Parallel()
	server := restartable(t)
	client := plain(t, server.addr)
	e := begin(t, redisstore.New(client, nil)) // while it starts
	e.expectAll()
	for range 2 {
		server.stop()
		time.Sleep(300 * time.Millisecond) // so that it is tried in vain
		server.start()
		e.expectAll()
		set(t, client, "sf_sone", "value")
		e.expect("one")
	}
}

// A server that hangs is noticed, and listened to again when it goes on.
func TestWatchHanging(t *testing.T) {
	t.Parallel()
	server := restartable(t)
	client := plain(t, server.addr)
	watched, dials := counting(t, server.addr)
	store := redisstore.New(watched, nil)
	store.SetQuiet(500 * time.Millisecond)
	e := watching(t, store)
	before := dials.Load()
	if err := server.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); dials.Load() == before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("it does not notice")
			break
		}
	}
	server.cmd.Process.Signal(syscall.SIGCONT)
	e.expectAll()
	e.eventually(client, "one")
}
