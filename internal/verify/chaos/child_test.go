package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A child is this program once more, as a node or a reader of a cluster.
type child struct {
	*process
	name string
	node string // its NodeID

	mu       sync.Mutex // one request at a time
	in       io.Closer
	requests *json.Encoder
	replies  *json.Decoder
}

func startChild(s settings) (*child, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	// A race that the detector finds ends the child, which its next reply lacks.
	cmd.Env = append(os.Environ(), childVariable+"="+string(text), "GORACE=halt_on_error=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p, err := start(cmd)
	if err != nil {
		return nil, err
	}
	c := &child{process: p, name: s.Name, in: in, requests: json.NewEncoder(in), replies: json.NewDecoder(out)}
	hello, err := c.do(request{Do: doHello})
	if err != nil {
		c.kill()
		return nil, err
	}
	c.node = hello.Node
	return c, nil
}

// do makes a request and waits for the reply. A violation that the child has
// noticed meanwhile is an error.
func (c *child) do(r request) (reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hurry := time.AfterFunc(patience, func() { c.cmd.Process.Kill() })
	defer hurry.Stop()
	var answer reply
	err := c.requests.Encode(r)
	if err == nil {
		err = c.replies.Decode(&answer)
	}
	switch {
	case err != nil:
		return answer, fmt.Errorf("%s (node %s) does not reply to %s: %w\n%s", c.name, c.node, r.Do, err, c.stderr)
	case answer.Err != "":
		return answer, fmt.Errorf("%s (node %s), asked to %s: %s", c.name, c.node, r.Do, answer.Err)
	case len(answer.Violations) > 0:
		return answer, fmt.Errorf("%s (node %s) has seen what must not be:\n\t%s", c.name, c.node, strings.Join(answer.Violations, "\n\t"))
	}
	return answer, nil
}

// end lets the child end by itself.
func (c *child) end() error {
	c.in.Close()
	hurry := time.AfterFunc(patience, func() { c.cmd.Process.Kill() })
	defer hurry.Stop()
	<-c.exited
	if !c.cmd.ProcessState.Success() {
		return errors.New(c.name + " ended: " + c.cmd.ProcessState.String() + "\n" + c.stderr.String())
	}
	return nil
}
