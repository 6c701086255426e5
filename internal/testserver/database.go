package testserver

import (
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// A Database is a real server of SQL that keeps its data in a temporary folder.
// Its methods must not be called concurrently.
type Database struct {
	Addr     string // host:port, the same after a restart
	Socket   string // the unix socket; of PostgreSQL, the folder that it is in
	User     string // who may do everything
	Password string

	tb      testing.TB
	name    string
	command func(port string) *exec.Cmd
	ready   func() error // nil when the server answers
	quit    syscall.Signal

	cmd  *exec.Cmd // the running one
	kill func()    // kills it and waits
}

// password has what an URL needs escaped.
const password = "s3cret/p@ss:word?#%"

// first starts the server on a free port.
func (d *Database) first() {
	d.tb.Helper()
	addr, kill, err := start(d.name, func(port string) *exec.Cmd {
		d.cmd = d.command(port)
		return d.cmd
	})
	if err != nil {
		d.tb.Fatal(err)
	}
	d.Addr, d.kill = addr, kill
	d.tb.Cleanup(d.Stop)
	d.await()
}

// Start starts the server again, where it was.
func (d *Database) Start() {
	d.tb.Helper()
	_, port, err := net.SplitHostPort(d.Addr)
	if err != nil {
		d.tb.Fatal(err)
	}
	d.cmd = d.command(port)
	kill, err := run(d.cmd, d.Addr)
	if err != nil {
		d.tb.Fatal(err)
	}
	d.kill = kill
	d.await()
}

func (d *Database) await() {
	d.tb.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := d.ready()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			d.tb.Fatalf("testserver: %s does not answer: %v", d.name, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop ends the server, its connections, and what it runs for them. Its data
// stays until the test ends.
func (d *Database) Stop() {
	if d.kill == nil {
		return
	}
	d.Resume()
	d.cmd.Process.Signal(d.quit)
	for range 500 {
		if d.cmd.Process.Signal(syscall.Signal(0)) != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.kill()
	d.kill = nil
}

// Pause makes the server hang: whoever connects gets no answer. A PostgreSQL
// still serves the connections that it has, each of which is a process.
func (d *Database) Pause() { d.signal("-STOP") }

// Resume undoes Pause.
func (d *Database) Resume() { d.signal("-CONT") }

// signal sends a signal that not every system has a name for.
func (d *Database) signal(name string) {
	d.tb.Helper()
	if d.kill == nil {
		return
	}
	if out, err := exec.Command("sh", "-c", `kill "$1" "$2"`, "sh", name, strconv.Itoa(d.cmd.Process.Pid)).CombinedOutput(); err != nil {
		d.tb.Errorf("testserver: kill %s: %v: %s", name, err, out)
	}
}

// find is Lookup for a program that distributions also keep outside of PATH, in
// one of folders, which are patterns. The last match wins: where the pattern has
// a version, that is mostly the newest.
func find(tb testing.TB, program, debianPackage string, folders ...string) string {
	tb.Helper()
	for _, folder := range folders {
		matches, _ := filepath.Glob(filepath.Join(folder, program))
		slices.SortStableFunc(matches, func(a, b string) int { return len(a) - len(b) }) // 9 before 15
		if n := len(matches); n > 0 {
			return matches[n-1]
		}
	}
	return Lookup(tb, program, debianPackage)
}
