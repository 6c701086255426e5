package filestore

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// asNobody runs f as a user who owns nothing, if the test runs as root, for whom
// permissions do not hold.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	// It is the thread that becomes another user, only for files.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := syscall.Setfsuid(65534); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setfsuid(0)
	f()
}
