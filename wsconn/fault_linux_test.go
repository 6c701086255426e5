package wsconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A listener goes on after whatever is the network's fault, or the machine's: accept(2)
// has a list.
func TestOnlyTheListenersFaultsEndIt(t *testing.T) {
	for _, err := range []error{
		syscall.ENETDOWN, syscall.EPROTO, syscall.ENOPROTOOPT, syscall.EHOSTDOWN, syscall.ENONET, syscall.EHOSTUNREACH,
		syscall.EOPNOTSUPP, syscall.ENETUNREACH, syscall.EPERM, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	} {
		if isPermanent(os.NewSyscallError("accept4", err)) {
			t.Errorf("%v ends a listener", err)
		}
	}
	for _, err := range []error{syscall.EBADF, syscall.EINVAL, syscall.ENOTSOCK} {
		if !isPermanent(os.NewSyscallError("accept4", err)) {
			t.Errorf("%v does not end a listener", err)
		}
	}
}

// A listener that comes when the server is down leaves no descriptor behind.
func TestRawListenerAfterShutdown(t *testing.T) {
	s := overseen(t)
	l, raw := rawTCP(t)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := newRawListener(s, raw); !errors.Is(err, ErrServerClosed) {
		t.Errorf("the error is %v, want ErrServerClosed", err)
	}
	l.Close()
	if again, err := net.Listen("tcp", l.Addr().String()); err != nil {
		t.Errorf("the port is still taken: %v", err)
	} else {
		again.Close()
	}
}

// rawTCP returns a listener on an address that other tests do not use.
func rawTCP(t *testing.T) (net.Listener, syscall.RawConn) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.2:0", 1+os.Getpid()>>8&0x7f, os.Getpid()&0xff))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return l, raw
}

// A told is a handler of logs that does something when it is told.
type told struct{ do func() }

func (h *told) Enabled(context.Context, slog.Level) bool  { return true }
func (h *told) WithAttrs([]slog.Attr) slog.Handler        { return h }
func (h *told) WithGroup(string) slog.Handler             { return h }
func (h *told) Handle(context.Context, slog.Record) error { h.do(); return nil }

// Whoever is told that accepting fails may end the listener.
func TestLoggerMayCloseTheListener(t *testing.T) {
	s := overseen(t)
	if s.loops[0].poller == nil {
		t.Fatal("no loop watches it")
	}
	_, raw := rawTCP(t)
	r, err := newRawListener(s, raw)
	if err != nil {
		t.Fatal(err)
	}
	s.Logger = slog.New(&told{func() { r.close() }})
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.pause(syscall.EMFILE)
	}()
	receiveSoon(t, "end of the pause", done)
	if r.delay.Load() == 0 {
		t.Error("there is no pause")
	}
}

// Whoever is told that a socket cannot be watched may look at the connections.
func TestLoggerMayLookAtConnections(t *testing.T) {
	s := overseen(t)
	if s.loops[0].poller == nil {
		t.Fatal("no loop watches it")
	}
	fd, err := syscall.Open(os.DevNull, syscall.O_RDWR, 0) // epoll takes no such thing
	if err != nil {
		t.Fatal(err)
	}
	var looked atomic.Bool
	s.Logger = slog.New(&told{func() {
		for _, c := range s.all() {
			c.isEnding()
		}
		looked.Store(true)
	}})
	c := &Conn{loop: s.pick(), fd: int32(fd), busy: true}
	go s.welcome(c)
	soonTrue(t, "the logger is told, and has looked", looked.Load)
	soonTrue(t, "the connection is gone", func() bool { return len(s.all()) == 0 })
	if n := s.pending.Load(); n != 0 {
		t.Errorf("%d are at their handshake", n)
	}
}

// Of those who are turned away, too, there are not too many: the next ones are hung up
// on without a word.
func TestTooManyAreTurnedAway(t *testing.T) {
	s := &Server{Limits: Limits{MaxPending: 10}, Logger: slog.New(slog.DiscardHandler)}
	s.init()
	for pending, words := range map[int64]bool{10: true, 19: true, 20: false, 100: false} {
		ours, theirs := net.Pipe()
		s.pending.Add(pending)
		go s.welcome(s.adopt(theirs))
		ours.SetDeadline(time.Now().Add(20 * time.Second))
		n, err := ours.Read(make([]byte, 100))
		if told := n > 0; told != words || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("with %d others a client is told something: %v, %v; want %v", pending, told, err, words)
		}
		ours.Close()
		soonTrue(t, "it is gone", func() bool { return len(s.all()) == 0 })
		if n := s.pending.Add(-pending); n != 0 {
			t.Errorf("%d are at their handshake when it is gone", n)
		}
	}
	s.Shutdown(t.Context())
}

// A limit that makes no sense is the default.
func TestNegativeLimits(t *testing.T) {
	got := Limits{
		MaxHeaderBytes: -1, HandshakeTimeout: -1, MaxHandshakes: -1, MaxPending: -1, MaxPerAddress: -1, MaxMessageBytes: -1,
		MaxQueueBytes: -1, WriteTimeout: -1, CloseTimeout: -1, PingInterval: -1, IdleTimeout: -1, RecheckInterval: -1,
	}.withDefaults()
	want := Limits{MaxPerAddress: -1, PingInterval: -1, IdleTimeout: -1, RecheckInterval: -1}.withDefaults()
	if got != want {
		t.Errorf("the limits are %+v, want %+v", got, want)
	}
}
