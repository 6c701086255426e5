package website

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the website when its parent is killed.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
