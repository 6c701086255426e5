package e2e

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"
)

// build compiles the quickstart and returns the path of the program.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "quickstart")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./examples/quickstart")
	cmd.Dir = filepath.Join("..", "..") // the root module
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, output)
	}
	return program
}

// A quickstart is a running program.
type quickstart struct {
	t      *testing.T
	cmd    *exec.Cmd
	site   string // its URL
	stop   func() // ends it as Ctrl-C does, and waits; may be called again
	killed bool
}

// kill ends it as kill -9 does, so that it can say good-bye to nobody.
func (q *quickstart) kill() {
	q.killed = true
	q.cmd.Process.Kill()
	q.stop()
}

// start runs the program on a free port, and ends it with the test.
func start(t *testing.T, program string, args ...string) *quickstart {
	t.Helper()
	q := &quickstart{t: t, cmd: exec.Command(program, append([]string{"-addr", "127.0.0.1:0"}, args...)...)}
	var log bytes.Buffer
	q.cmd.Stderr = &log
	dieWithParent(q.cmd)
	stdout, err := q.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := q.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	q.stop = sync.OnceFunc(func() { q.end(&log) })
	t.Cleanup(q.stop)

	// Killed when it says nothing, the program ends its output.
	silent := time.AfterFunc(patience, func() { q.cmd.Process.Kill() })
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	silent.Stop()
	q.site = regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if q.site == "" {
		t.Fatalf("the program does not say where it is, but %q", line)
	}
	go io.Copy(io.Discard, stdout)
	return q
}

func (q *quickstart) end(log *bytes.Buffer) {
	q.cmd.Process.Signal(os.Interrupt)
	hung := time.AfterFunc(10*time.Second, func() { q.cmd.Process.Kill() })
	defer hung.Stop()
	if err := q.cmd.Wait(); err != nil && !q.killed {
		q.t.Errorf("the program ended with %v", err)
	}
	if q.t.Failed() {
		q.t.Logf("%v wrote:\n%s", q.cmd.Args, log)
	}
}
