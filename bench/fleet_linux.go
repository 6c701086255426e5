package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// newFleet returns a fleet that takes as little of the machine as it can.
func newFleet(addr string, d *dialect) fleet {
	if d.tls {
		return &connFleet{addr: addr, dialect: d}
	}
	return &epollFleet{addr: addr, dialect: d, voice: voice{dialect: d}}
}

// An epollFleet is a fleet of bare sockets in one goroutine, so that the clients
// disturb the server's process, which runs on the same machine, as little as
// possible. Answers are read as they come, and many in a row, so the server has
// something to do all the time.
type epollFleet struct {
	addr    string
	dialect *dialect
	voice   voice

	epoll   int
	sockets []socket
	events  []unix.EpollEvent
	in, out []byte
}

// A socket is a client and its descriptor, which is -1 when it is closed.
type socket struct {
	client
	fd      int
	pending bool // its request is still to be written
}

func (f *epollFleet) connect(ctx context.Context, n int) (err error) {
	to, err := netip.ParseAddrPort(f.addr)
	if err != nil {
		return err
	}
	if f.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	f.events = make([]unix.EpollEvent, 512)
	f.in = make([]byte, 64<<10)
	f.sockets = make([]socket, n)
	for i := range f.sockets {
		f.sockets[i].fd = -1
	}
	request := f.dialect.request(f.addr)
	server := &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	err = f.drive(ctx, n, fleetWindow, func(i int) error { return f.dial(i, server, request) })
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}

// dial begins a connection, and sends the request if it is open at once.
func (f *epollFleet) dial(i int, server unix.Sockaddr, request []byte) (err error) {
	s := &f.sockets[i]
	s.stage = upgrading
	s.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	// The port is chosen when the other end is known, as it need not be free
	// for every other end.
	if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	if err := unix.Bind(s.fd, &unix.SockaddrInet4{Addr: source()}); err != nil {
		return err
	}
	if err := unix.Connect(s.fd, server); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return err
	}
	events := uint32(unix.EPOLLIN)
	switch _, err := unix.Write(s.fd, request); {
	case errors.Is(err, unix.EAGAIN):
		s.pending = true
		events |= unix.EPOLLOUT
	case err != nil:
		return err
	}
	return unix.EpollCtl(f.epoll, unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: events, Fd: int32(i)})
}

func (f *epollFleet) echo(ctx context.Context, active, window, times int) error {
	chosen := activeOf(len(f.sockets), active)
	err := f.drive(ctx, active, window, func(i int) error {
		s := &f.sockets[chosen[i]]
		return f.say(s, f.voice.ask(&s.client, uint32(i), uint32(active), times, f.out[:0]))
	})
	if err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	return nil
}

func (f *epollFleet) leave(ctx context.Context) error {
	defer f.drop()
	err := f.drive(ctx, len(f.sockets), fleetWindow, func(i int) error {
		s := &f.sockets[i]
		return f.say(s, f.voice.leave(&s.client, f.out[:0]))
	})
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

func (f *epollFleet) drop() {
	for i := range f.sockets {
		if s := &f.sockets[i]; s.fd >= 0 {
			unix.Close(s.fd)
		}
	}
	if f.sockets != nil {
		unix.Close(f.epoll)
	}
	f.sockets = nil
}

// drive begins something n times, as many at once as the window says, and returns
// when all of it is done.
func (f *epollFleet) drive(ctx context.Context, n, window int, begin func(i int) error) error {
	begun, done := 0, 0
	for last := time.Now(); done < n; {
		for begun < n && begun-done < window {
			if err := begin(begun); err != nil {
				return err
			}
			begun++
		}
		events, err := unix.EpollWait(f.epoll, f.events, 100)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !errors.Is(err, unix.EINTR):
			return err
		case events > 0:
			last = time.Now()
		case time.Since(last) > patience:
			return fmt.Errorf("%d of %d clients got no answer in %v", begun-done, n, patience)
		}
		for _, e := range f.events[:max(0, events)] {
			finished, err := f.ready(&f.sockets[e.Fd], int(e.Fd), e.Events)
			if err != nil {
				return err
			}
			if finished {
				done++
			}
		}
	}
	return nil
}

// ready does what a socket is ready for, and reports whether its client has got
// what it waited for.
func (f *epollFleet) ready(s *socket, i int, events uint32) (done bool, err error) {
	if s.pending && events&unix.EPOLLOUT != 0 {
		s.pending = false
		e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
		if err := unix.EpollCtl(f.epoll, unix.EPOLL_CTL_MOD, s.fd, &e); err != nil {
			return false, err
		}
		return false, f.say(s, f.dialect.request(f.addr))
	}
	n, err := unix.Read(s.fd, f.in)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return false, nil
	case err != nil:
		return false, err
	case n == 0:
		err := s.ended()
		unix.Close(s.fd)
		s.fd = -1
		return true, err
	}
	f.out, done, err = f.voice.hear(&s.client, f.in[:n], f.out[:0])
	if err == nil && len(f.out) > 0 {
		err = f.say(s, f.out)
	}
	return done, err
}

// say writes what fits into the buffer of a socket that is empty.
func (f *epollFleet) say(s *socket, text []byte) error {
	f.out = text[:0]
	if n, err := unix.Write(s.fd, text); err != nil || n < len(text) {
		return fmt.Errorf("only %d of %d bytes were written: %w", n, len(text), err)
	}
	return nil
}
