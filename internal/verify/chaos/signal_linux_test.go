package chaos

import (
	"os"
	"os/exec"
	"syscall"
)

// possible says that this system has the signals that the faults are made of.
const possible = true

var (
	sigStop os.Signal = syscall.SIGSTOP
	sigCont os.Signal = syscall.SIGCONT
)

// dieWithParent has the kernel kill the program when the test is killed, even
// while the program is stopped.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
