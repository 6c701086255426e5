package wsconn

import (
	"errors"
	"os"
	"syscall"
)

// A poller is an epoll, level-triggered: epoll(7).
//
// Invariant: nobody spins and no thread is blocked. The epoll's own descriptor waits
// in the poller of the Go runtime, so the goroutine that waits for it is parked like
// one that waits for a socket. A blocking epoll_wait would hold a processor until the
// runtime's monitor takes it back.
//
// An event carries the slot and the generation of its connection, not its
// descriptor, which may be another's by now.
type poller struct {
	file *os.File
	raw  syscall.RawConn
	fd   int
}

var errNoPoller = errors.New("wsconn: no poller on this system")

const (
	readable = syscall.EPOLLIN | syscall.EPOLLRDHUP
	writable = syscall.EPOLLOUT
	broken   = syscall.EPOLLERR | syscall.EPOLLHUP
)

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	p := &poller{file: os.NewFile(uintptr(fd), "epoll"), fd: fd}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		p.file.Close()
		return nil, err
	}
	return p, nil
}

// control changes what the poller looks for on fd: nothing, if that is 0.
func (p *poller) control(fd int, was, events uint32, slot, gen uint32) error {
	e := syscall.EpollEvent{Events: events, Fd: int32(slot), Pad: int32(gen)}
	op := syscall.EPOLL_CTL_MOD
	switch {
	case events == 0:
		op = syscall.EPOLL_CTL_DEL
	case was == 0:
		op = syscall.EPOLL_CTL_ADD
	}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.fd, op, fd, &e))
}

// listenerSlot marks an event of a listener. No connection has that slot.
const listenerSlot = -1

// watchListener looks for connections of a listener that has this number.
func (p *poller) watchListener(fd int, number int32) error {
	const exclusive = 1 << 28 // EPOLLEXCLUSIVE: epoll_ctl(2)
	e := syscall.EpollEvent{Events: syscall.EPOLLIN | exclusive, Fd: listenerSlot, Pad: number}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &e))
}

// close makes wait fail.
func (p *poller) close() { p.file.Close() }

// A waiter waits for events. Each runner has its own.
type waiter struct {
	poller *poller
	events [256]syscall.EpollEvent
	n      int
	err    error
	try    func(fd uintptr) bool // made once, as it would be allocated for each wait
}

func newWaiter(p *poller) *waiter {
	w := &waiter{poller: p}
	w.try = func(fd uintptr) bool {
		for {
			w.n, w.err = syscall.EpollWait(int(fd), w.events[:], 0)
			if w.err != syscall.EINTR {
				return w.n != 0 || w.err != nil
			}
		}
	}
	return w
}

// wait returns events, of which there is at least one, or an error when the poller is
// closed.
func (w *waiter) wait() ([]syscall.EpollEvent, error) {
	if err := w.poller.raw.Read(w.try); err != nil {
		return nil, err
	}
	return w.events[:max(w.n, 0)], w.err
}
