package wsconn_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain fails the run if a goroutine outlives the tests: a server promises
// that nothing is left of it after Shutdown.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if left := leaked(5 * time.Second); len(left) > 0 {
			fmt.Fprintf(os.Stderr, "%d goroutines are left:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
			code = 1
		}
	}
	os.Exit(code)
}

// leaked returns the stacks of the goroutines that are still there after wait,
// besides this one and those that belong to the testing package and the runtime.
func leaked(wait time.Duration) []string {
	deadline := time.Now().Add(wait)
	for {
		buf := make([]byte, 16<<20)
		stacks := strings.Split(strings.TrimSpace(string(buf[:runtime.Stack(buf, true)])), "\n\n")
		left := slices.DeleteFunc(stacks[1:], func(stack string) bool {
			return strings.Contains(stack, "created by testing.") ||
				strings.Contains(stack, "created by os/signal.") ||
				strings.Contains(stack, "created by runtime.")
		})
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
		time.Sleep(10 * time.Millisecond)
	}
}
