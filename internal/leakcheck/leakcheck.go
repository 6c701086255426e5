// Package leakcheck fails a test run that leaves goroutines behind.
package leakcheck

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Main is a TestMain that runs the tests of m and then waits for the goroutines
// that they started. Those that do not end are printed, and the run fails.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if leaked := wait(10 * time.Second); leaked != "" {
			fmt.Fprintf(os.Stderr, "leakcheck: goroutines that the tests left behind:\n\n%s\n", leaked)
			code = 1
		}
	}
	os.Exit(code)
}

func wait(atMost time.Duration) (leaked string) {
	for deadline := time.Now().Add(atMost); ; {
		if leaked = others(); leaked == "" || time.Now().After(deadline) {
			return leaked
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// others returns the stacks of all goroutines but this one and those that the
// test runner and the libraries that cannot be stopped keep.
func others() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var leaked []string
	for i, stack := range strings.Split(string(buf), "\n\n") {
		if i > 0 && !expected(stack) { // the first is this one
			leaked = append(leaked, stack)
		}
	}
	return strings.Join(leaked, "\n\n")
}

var expectedStacks = []string{
	"testing.(*M).startAlarm",                  // go test -timeout
	"os/signal.signal_recv",                    // the runtime's, once signals are used
	"runtime.ensureSigM",                       // likewise
	"internal/fuzz.",                           // go test -fuzz
	"github.com/golang/glog.",                  // ristretto's logger, which never stops
	"scs/v2/memstore.(*MemStore).startCleanup", // scs.New starts one and keeps no handle
}

func expected(stack string) bool {
	for _, s := range expectedStacks {
		if strings.Contains(stack, s) {
			return true
		}
	}
	return false
}
