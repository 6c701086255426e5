package wsconn

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// This file accepts bare descriptors. A net.Conn would cost ten times what a
// connection does, and a goroutine that accepts a third of the time.

// accept takes connections of l in until it fails. Those of listeners of package net
// are accepted by the loops.
func (s *Server) accept(l net.Listener) error {
	sc := ofPackageNet(l)
	if sc == nil || s.loops[0].poller == nil {
		return s.acceptLoop(func() error { return s.acceptConn(l) })
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	r, err := newRawListener(s, raw)
	if s.base.Err() != nil && err != nil {
		return ErrServerClosed // which is why l is closed
	}
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.watch(); err != nil {
		return err
	}
	return r.wait(raw)
}

// ofPackageNet returns what has the descriptor of a listener or connection that is of
// package net, and so nothing but a socket; or nil.
func ofPackageNet(v any) syscall.Conn {
	switch v.(type) {
	case *net.TCPListener, *net.UnixListener, *net.TCPConn, *net.UnixConn:
		return v.(syscall.Conn)
	default:
		return nil
	}
}

// A rawListener is a duplicate of a listener's descriptor, which all loops watch.
type rawListener struct {
	server *Server
	number int32 // in Server.raw
	failed chan error

	delay atomic.Int64 // of the last pause, if nothing was accepted since

	mu     sync.RWMutex // held while accepting; so the descriptor is never another's
	fd     int          // or -1
	paused bool
}

func newRawListener(s *Server, raw syscall.RawConn) (*rawListener, error) {
	r := &rawListener{server: s, failed: make(chan error, 1), fd: -1}
	var err error
	failed := raw.Control(func(fd uintptr) {
		// Those that are accepted inherit it: tcp(7). Answers are written in batches,
		// so to wait for more would only delay them.
		syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		r.fd, err = duplicate(fd)
	})
	if err := errors.Join(failed, err); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		syscall.Close(r.fd)
		return nil, ErrServerClosed
	}
	r.number = int32(len(s.raw))
	s.raw = append(s.raw, r)
	return r, nil
}

func duplicate(fd uintptr) (int, error) {
	dup, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return int(dup), nil
}

// lookAtListener is how often to look whether the listener was closed, which does not
// close a duplicate.
const lookAtListener = 500 * time.Millisecond

// wait returns why there are no more connections.
func (r *rawListener) wait(listener syscall.RawConn) error {
	ticker := time.NewTicker(lookAtListener)
	defer ticker.Stop()
	for {
		select {
		case <-r.server.base.Done():
			return ErrServerClosed
		case err := <-r.failed:
			return err
		case <-ticker.C:
			if err := listener.Control(func(uintptr) {}); err != nil {
				if r.server.base.Err() != nil {
					return ErrServerClosed
				}
				return err
			}
		}
	}
}

// watch has all loops watch the listener. Of those that wait, the kernel wakes one.
func (r *rawListener) watch() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fd < 0 {
		return nil
	}
	r.paused = false
	for _, l := range r.server.loops {
		if err := l.poller.watchListener(r.fd, r.number); err != nil {
			return err
		}
	}
	return nil
}

// unwatch undoes watch. The caller holds r.mu.
func (r *rawListener) unwatch() {
	for _, l := range r.server.loops {
		_ = l.poller.control(r.fd, 1, 0, 0, 0)
	}
}

// close ends it. It may be called again.
func (r *rawListener) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fd < 0 {
		return
	}
	r.unwatch()
	syscall.Close(r.fd)
	r.fd = -1
}

// acceptBatch is how many are accepted before those who are connected are served again.
const acceptBatch = 64

// acceptSome accepts those who wait. It is called by a loop.
func (r *rawListener) acceptSome() {
	for range acceptBatch {
		fd, sa, err := r.acceptOne()
		switch err {
		case nil:
			if r.delay.Load() != 0 {
				r.delay.Store(0)
			}
			c := &Conn{loop: r.server.pick(), fd: int32(fd), busy: true}
			c.setPeer(sa)
			r.server.welcome(c)
		case syscall.EAGAIN:
			return
		case syscall.EINTR, syscall.ECONNABORTED: // nobody any more
		default:
			r.pause(os.NewSyscallError("accept4", err))
			return
		}
	}
}

func (r *rawListener) acceptOne() (int, syscall.Sockaddr, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.fd < 0 || r.paused {
		return 0, nil, syscall.EAGAIN
	}
	return syscall.Accept4(r.fd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
}

// pause stops accepting for a time. Too many files are open, most likely: those who are
// connected must go on, and the others wait in the kernel's queue meanwhile.
func (r *rawListener) pause(err error) {
	if isPermanent(err) {
		select {
		case r.failed <- err:
		default:
		}
		return
	}
	r.mu.Lock()
	if r.fd < 0 || r.paused {
		r.mu.Unlock()
		return
	}
	r.paused = true
	r.unwatch()
	r.mu.Unlock()
	delay := nextDelay(time.Duration(r.delay.Load()))
	r.delay.Store(int64(delay))
	r.server.Logger.Warn("wsconn: accept failed, trying again", "err", err, "after", delay)
	time.AfterFunc(delay, func() {
		if err := r.watch(); err != nil {
			r.pause(err)
		}
	})
}

// isPermanent reports whether a listener is at fault, and not the network, the client, or
// the machine's load: accept(2) has a long list of those.
func isPermanent(err error) bool {
	for _, fault := range []syscall.Errno{syscall.EBADF, syscall.EINVAL, syscall.ENOTSOCK, syscall.EFAULT} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// takeDescriptor makes c a connection of the bare descriptor of nc, if nc is of package
// net, and so nothing but that. The descriptor is duplicated, as nc cannot give its own
// away, and nc is closed.
func (c *Conn) takeDescriptor(nc net.Conn) bool {
	sc := ofPackageNet(nc)
	if sc == nil || c.loop.poller == nil {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	var dup int
	var peer syscall.Sockaddr
	failed := raw.Control(func(fd uintptr) {
		peer, _ = syscall.Getpeername(int(fd))
		dup, err = duplicate(fd)
	})
	if failed != nil || err != nil {
		return false
	}
	nc.Close()
	c.fd = int32(dup)
	c.setPeer(peer)
	return true
}
