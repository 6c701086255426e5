package wsconn

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// acceptor returns what accepts a connection of l, and what ends that. Listeners of
// package net are asked for bare descriptors; a net.Conn would cost ten times what a
// connection does.
func (s *Server) acceptor(l net.Listener) (accept func() error, stop func()) {
	var sc syscall.Conn
	switch l := l.(type) {
	case *net.TCPListener:
		sc = l
	case *net.UnixListener:
		sc = l
	}
	if sc == nil || s.loops[0].poller == nil {
		return func() error { return s.acceptConn(l) }, func() {}
	}
	a, err := s.acceptRaw(sc)
	if err != nil {
		return func() error { return err }, func() {}
	}
	// To accept waits; this is what wakes it.
	forget := context.AfterFunc(s.base, func() { a.file.Close() })
	return a.next, func() {
		forget()
		a.file.Close()
	}
}

// A rawListener accepts bare descriptors from a listener of package net, which itself
// has no way to. It listens with a duplicate of the listener's descriptor, so it has to
// look whether that is closed.
type rawListener struct {
	server   *Server
	listener syscall.RawConn
	file     *os.File // the duplicate
	raw      syscall.RawConn
	try      func(fd uintptr) bool
	fd       int
	peer     syscall.Sockaddr
	err      error
}

// lookAtListener is how often to look whether a listener is closed to which nobody
// connects.
const lookAtListener = 250 * time.Millisecond

func (s *Server) acceptRaw(sc syscall.Conn) (*rawListener, error) {
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	var dup int
	err = errors.Join(raw.Control(func(fd uintptr) {
		// Those that are accepted inherit it: tcp(7). Answers are written in batches,
		// so to wait for more would only delay them.
		syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		dup, err = duplicate(fd)
	}), err)
	if err != nil {
		return nil, err
	}
	a := &rawListener{server: s, listener: raw, file: os.NewFile(uintptr(dup), "listener")}
	a.try = a.accept
	a.file.SetReadDeadline(time.Now().Add(lookAtListener))
	if a.raw, err = a.file.SyscallConn(); err != nil {
		a.file.Close()
		return nil, err
	}
	return a, nil
}

func duplicate(fd uintptr) (int, error) {
	dup, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return int(dup), nil
}

// next waits for a connection and takes it in.
func (a *rawListener) next() error {
	for {
		err := a.raw.Read(a.try)
		if closed := a.listener.Control(func(uintptr) {}); closed != nil {
			if err == nil && a.err == nil {
				syscall.Close(a.fd)
			}
			return closed
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			a.file.SetReadDeadline(time.Now().Add(lookAtListener))
		case err != nil:
			return err
		case a.err != nil:
			return os.NewSyscallError("accept4", a.err)
		default:
			a.server.welcome(&Conn{loop: a.server.pick(), fd: int32(a.fd), busy: true, peer: peerOf(a.peer)})
			return nil
		}
	}
}

// accept tries to, and reports false if there is nobody yet.
func (a *rawListener) accept(fd uintptr) bool {
	for {
		a.fd, a.peer, a.err = syscall.Accept4(int(fd), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		switch a.err {
		case syscall.EINTR, syscall.ECONNABORTED: // nobody any more
		default:
			return a.err != syscall.EAGAIN
		}
	}
}

func peerOf(sa syscall.Sockaddr) (p peer) {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		p = peer{kind: 4, port: uint16(sa.Port)}
		copy(p.ip[12:], sa.Addr[:])
		p.ip[10], p.ip[11] = 0xff, 0xff
	case *syscall.SockaddrInet6:
		p = peer{kind: 6, port: uint16(sa.Port), ip: sa.Addr, zone: sa.ZoneId}
		if isMapped(sa.Addr) {
			p.kind = 4
		}
	}
	return p
}

func isMapped(ip [16]byte) bool {
	return [12]byte(ip[:12]) == [12]byte{10: 0xff, 11: 0xff}
}

// takeDescriptor makes c a connection of the bare descriptor of nc, if nc is of package
// net, and so nothing but that. The descriptor is duplicated, as nc cannot give its own
// away, and nc is closed.
func (c *Conn) takeDescriptor(nc net.Conn) bool {
	var sc syscall.Conn
	switch nc := nc.(type) {
	case *net.TCPConn:
		sc = nc
	case *net.UnixConn:
		sc = nc
	}
	if sc == nil || c.loop.poller == nil {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	var dup int
	var peer syscall.Sockaddr
	err = errors.Join(raw.Control(func(fd uintptr) {
		peer, _ = syscall.Getpeername(int(fd))
		dup, err = duplicate(fd)
	}), err)
	if err != nil {
		return false
	}
	nc.Close()
	c.fd, c.peer = int32(dup), peerOf(peer)
	return true
}
