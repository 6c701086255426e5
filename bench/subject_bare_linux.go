package main

import (
	"errors"
	"net/netip"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"
)

// bareLoop is the name of the subject that the goals refer to.
const bareLoop = "bare loop"

func init() {
	addSockets(bareLoop, func() socketServer { return &bare{} })
}

// A bare is the floor: what the kernel takes, and as little as possible besides. It
// gives every request the same answer unread, takes for granted that each read
// finds one whole frame, and remembers nobody; it counts. No server may do that.
//
// Each of its loops is a goroutine with an epoll and a listening socket of its own.
// The epoll itself is watched by Go's poller, so a loop that has nothing to do is
// parked and blocks no thread.
type bare struct{ clients atomic.Int64 }

func (b *bare) serve(addr string) error {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for range runtime.GOMAXPROCS(0) {
		l, err := newBareLoop(b, to)
		if err != nil {
			return err
		}
		go func() { failed <- l.run() }()
	}
	return <-failed
}

func (b *bare) count() int { return int(b.clients.Load()) }

type bareEpoll struct {
	*bare
	listener, epoll int
	poll            *os.File // the epoll, for Go's poller
	events          []unix.EpollEvent
	buf             []byte
}

func newBareLoop(b *bare, addr netip.AddrPort) (*bareEpoll, error) {
	l := &bareEpoll{bare: b, events: make([]unix.EpollEvent, 256), buf: make([]byte, 64<<10)}
	var err error
	if l.listener, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(l.listener, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return nil, err
	}
	if err := unix.Bind(l.listener, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}); err != nil {
		return nil, err
	}
	if err := unix.Listen(l.listener, 4096); err != nil {
		return nil, err
	}
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(l.epoll, true); err != nil {
		return nil, err
	}
	l.poll = os.NewFile(uintptr(l.epoll), "epoll")
	return l, l.watch(l.listener)
}

func (l *bareEpoll) watch(fd int) error {
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

func (l *bareEpoll) run() error {
	poll, err := l.poll.SyscallConn()
	if err != nil {
		return err
	}
	for {
		var n int
		var failed error
		err := poll.Read(func(uintptr) bool {
			n, failed = unix.EpollWait(l.epoll, l.events, 0)
			return n != 0 // else it waits until the epoll is ready
		})
		if err = errors.Join(err, failed); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for _, e := range l.events[:max(0, n)] {
			if int(e.Fd) == l.listener {
				err = l.accept()
			} else {
				err = l.answer(int(e.Fd))
			}
			if err != nil {
				return err
			}
		}
	}
}

func (l *bareEpoll) accept() error {
	for {
		// Nobody wants to know the address.
		fd, _, err := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(l.listener), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch err {
		case 0:
		case unix.EAGAIN:
			return nil
		case unix.ECONNABORTED, unix.EINTR:
			continue
		default:
			return err
		}
		l.clients.Add(1)
		if err := l.watch(int(fd)); err != nil {
			return err
		}
	}
}

var (
	bareUpgrade = []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + upgradeAccept + "\r\n\r\n")
	bareGoodbye = ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "")))
)

// answer sends back what a socket has sent: a request, or one frame.
func (l *bareEpoll) answer(fd int) error {
	n, err := unix.Read(fd, l.buf)
	if n <= 0 {
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			l.forget(fd)
		}
		return nil
	}
	switch in := l.buf[:n]; in[0] {
	case 'G':
		_, err = unix.Write(fd, bareUpgrade)
	case 0x80 | byte(ws.OpClose):
		unix.Write(fd, bareGoodbye)
		l.forget(fd)
		return nil
	default:
		_, err = unix.Write(fd, unmasked(in))
	}
	if err != nil {
		l.forget(fd)
	}
	return nil
}

// unmasked turns a client's frame of up to 64 KiB into a server's, in place.
func unmasked(in []byte) []byte {
	head := 2
	if in[1]&0x7f == 126 {
		head = 4
	}
	ws.Cipher(in[head+4:], [4]byte(in[head:]), 0)
	in[1] &= 0x7f
	copy(in[4:], in[:head])
	return in[4:]
}

func (l *bareEpoll) forget(fd int) {
	unix.Close(fd)
	l.clients.Add(-1)
}
