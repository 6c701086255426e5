package chaos

import (
	"os/exec"
	"sync"
	"time"
)

// A process is a program that the test started, and that it may stop and kill.
type process struct {
	cmd    *exec.Cmd
	stderr *tail
	exited chan struct{} // closed when it has ended and was waited for
}

func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, stderr: &tail{}, exited: make(chan struct{})}
	cmd.Stderr = p.stderr
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		cmd.Wait() // how it ended is in cmd.ProcessState
		close(p.exited)
	}()
	return p, nil
}

// kill is kill -9. It returns when the process is gone.
func (p *process) kill() {
	p.cmd.Process.Kill() // fails if the process ended before, which is as well
	<-p.exited
}

// freeze stops the process and lets it go on after d.
func (p *process) freeze(d time.Duration) error {
	if err := p.cmd.Process.Signal(sigStop); err != nil {
		return err
	}
	time.Sleep(d)
	return p.cmd.Process.Signal(sigCont)
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-tailBytes):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
