package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A server is the parent's end of a child.
type server struct {
	addr string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

// patience is how long the parent waits for anything in the child that takes
// milliseconds, before it gives up.
const patience = 30 * time.Second

// startServer starts a child that serves a subject, and waits until it takes
// connections. Another process may take the port between finding and using it,
// so there is a second and a third try.
func startServer(ctx context.Context, name string) (s *server, err error) {
	for range 3 {
		if s, err = tryServer(ctx, name); err == nil || ctx.Err() != nil {
			return s, err
		}
	}
	return nil, err
}

func tryServer(ctx context.Context, name string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: exec.CommandContext(ctx, self, append([]string{serveCommand}, strings.Fields(name)...)...)}
	s.cmd.Stderr = os.Stderr
	dieWithParent(s.cmd)
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewScanner(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if s.addr, err = s.line(); err == nil {
		err = s.listening(ctx)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// listening waits until the server takes connections.
func (s *server) listening(ctx context.Context) error {
	for deadline := time.Now().Add(patience); ; {
		conn, err := net.Dial("tcp", s.addr)
		if err == nil {
			return conn.Close()
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return errors.Join(err, ctx.Err())
		}
		if _, dead := s.ask(askCount); dead != nil {
			return dead
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// line reads a line of the child, and kills it if there is none.
func (s *server) line() (string, error) {
	late := time.AfterFunc(patience, s.kill)
	defer late.Stop()
	if !s.out.Scan() {
		return "", fmt.Errorf("the server process does not answer: %w", errors.Join(s.out.Err(), io.ErrUnexpectedEOF))
	}
	return s.out.Text(), nil
}

// ask asks the child for a number.
func (s *server) ask(what string) (int64, error) {
	if _, err := fmt.Fprintln(s.in, what); err != nil {
		return 0, err
	}
	text, err := s.line()
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// waitCount waits until the server remembers n clients.
func (s *server) waitCount(ctx context.Context, n int) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		got, err := s.ask(askCount)
		if err != nil || got == int64(n) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server remembers %d clients instead of %d", got, n)
		}
	}
}

// kill ends the child. It may be called at any time.
func (s *server) kill() { s.cmd.Process.Kill() }

// stop kills the child and waits for its end.
func (s *server) stop() {
	s.kill()
	s.cmd.Wait() // its error is that it was killed
}
