package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// nodeCommand is the argument that makes this program a child that is one node
// of a cluster, to be killed.
const nodeCommand = "node"

// nodeChild attaches its clients, prints the id and the user of the first, and
// lives until its standard input ends.
func nodeChild(args []string) int {
	signal.Ignore(os.Interrupt)
	if err := runNode(args, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench: node:", err)
		return 1
	}
	return 0
}

func runNode(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet(nodeCommand, flag.ContinueOnError)
	name := flags.String("subject", "", "")
	addr := flags.String("redis", "", "")
	first := flags.Int("first", 0, "number of its first client")
	n := flags.Int("n", 1, "number of its clients")
	lease := flags.Duration("lease", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	i := slices.IndexFunc(subjects, func(s subject) bool { return s.cluster != nil && s.name == *name })
	if i < 0 {
		return fmt.Errorf("no subject %q", *name)
	}
	spec := clusterSpec{addr: *addr, nodes: 1, crowd: crowd(*first + *n), lease: *lease}
	c, err := subjects[i].cluster(context.Background(), spec)
	if err != nil {
		return err
	}
	if err := parallel(*n, churnWorkers, func(i int) error { return c.attach(*first + i) }); err != nil {
		return err
	}
	fmt.Fprintln(out, c.(identifier).id(*first), spec.crowd.user(*first))
	_, err = io.Copy(io.Discard, in)
	return cmp.Or(err, c.close())
}

// An identifier knows the id of a client that it attached.
type identifier interface{ id(i int) clientstorage.ID }

// A nodeProcess is the parent's end of such a child.
type nodeProcess struct {
	cmd  *exec.Cmd
	in   io.Closer
	id   clientstorage.ID // of its first client
	user string
}

func startNode(ctx context.Context, name, addr string, first, n int, lease time.Duration) (*nodeProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &nodeProcess{cmd: exec.CommandContext(ctx, self, nodeCommand, "-subject", name, "-redis", addr,
		"-first", strconv.Itoa(first), "-n", strconv.Itoa(n), "-lease", lease.String())}
	p.cmd.Stderr = os.Stderr
	dieWithParent(p.cmd)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	var id string
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, &id, &p.user)
	}
	if err == nil {
		p.id, err = clientstorage.ParseID(id)
	}
	if err != nil {
		p.stop()
		return nil, errors.Join(errors.New("a node process does not attach its clients"), err)
	}
	return p, nil
}

// stop kills the process and waits for its end. It may be called again, and of a
// process that was never started.
func (p *nodeProcess) stop() {
	if p == nil || p.cmd.Process == nil || p.cmd.ProcessState != nil {
		return
	}
	p.cmd.Process.Kill()
	p.cmd.Wait() // its error is that it was killed
	p.in.Close()
}
