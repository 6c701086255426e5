package wsconn

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
)

// A Server serves WebSockets. Set its fields before it is first used and leave
// them alone after. The zero value serves: it lets in everybody of its own
// origin as anonymous, keeps them in memory, and ignores what they say.
//
// A Server starts goroutines with its first connection, which Shutdown ends.
type Server struct {
	// Storage is where clients are attached while they are connected. It
	// defaults to one in memory.
	Storage *clientstorage.Storage

	// Firewall says who they are. It defaults to the zero Firewall.
	Firewall *firewall.Firewall

	// Handler gets what they send. It may be nil.
	Handler Handler

	Limits Limits

	// Logger is told what goes wrong inside. It defaults to slog.Default().
	Logger *slog.Logger

	once    sync.Once
	limits  Limits             // Limits, with the defaults
	asking  chan struct{}      // holds one for each client the firewall is asked about
	base    context.Context    // ends with Shutdown
	cancel  context.CancelFunc // ends base
	running sync.WaitGroup     // of everything that Shutdown waits for

	rechecks atomic.Int64 // how often somebody asked for some sessions to be read again

	mu        sync.Mutex
	down      bool                       // Shutdown was called
	listeners map[*net.Listener]struct{} // by pointer, as not every one can be a key
	sockets   map[*socket]struct{}       // from being accepted to being closed
	conns     map[clientstorage.ID]*Conn
}

// A Handler is told of connections and their messages. For one connection the
// calls come one after the other, in the order of the methods; for different
// connections they come at the same time. A panic closes the connection with
// 1011.
type Handler interface {
	// OnOpen is called when the client is attached.
	OnOpen(c *Conn)
	// OnMessage is called for each message, with ws.OpText or ws.OpBinary. A
	// text is valid UTF-8. The payload is valid during the call only.
	OnMessage(c *Conn, op ws.OpCode, payload []byte)
	// OnClose is called when the client is detached, and nothing comes after.
	// The error is a [CloseError] if either side closed the connection in the
	// way of the protocol.
	OnClose(c *Conn, err error)
}

// An IdentityHandler is a [Handler] that is told when the one behind a connection
// changes, because the session was read again and says something else.
type IdentityHandler interface {
	Handler
	// OnIdentity is called when the roles or attributes of the user have changed,
	// or when a user has become anonymous, which firewall.DowngradeGone asks for;
	// then the client has another id, too. It comes like OnMessage: after OnOpen,
	// before OnClose, and alone.
	OnIdentity(c *Conn, was *firewall.Identity)
}

// HandlerFunc is a [Handler] of messages alone.
type HandlerFunc func(c *Conn, op ws.OpCode, payload []byte)

// OnOpen implements [Handler] and does nothing.
func (f HandlerFunc) OnOpen(*Conn) {}

// OnMessage calls f.
func (f HandlerFunc) OnMessage(c *Conn, op ws.OpCode, payload []byte) { f(c, op, payload) }

// OnClose implements [Handler] and does nothing.
func (f HandlerFunc) OnClose(*Conn, error) {}

// ErrServerClosed is returned by Serve and ListenAndServe after Shutdown.
var ErrServerClosed = errors.New("wsconn: server closed")

// init completes the fields, once.
func (s *Server) init() {
	s.once.Do(func() {
		s.limits = s.Limits.withDefaults()
		if s.Storage == nil {
			s.Storage, _ = clientstorage.New(nil, nil) // cannot fail without a driver
		}
		if s.Firewall == nil {
			s.Firewall = &firewall.Firewall{}
		}
		if s.Handler == nil {
			s.Handler = HandlerFunc(func(*Conn, ws.OpCode, []byte) {})
		}
		s.Logger = cmp.Or(s.Logger, slog.Default())
		s.asking = make(chan struct{}, s.limits.MaxHandshakes)
		s.base, s.cancel = context.WithCancel(context.Background())
		s.listeners = make(map[*net.Listener]struct{})
		s.sockets = make(map[*socket]struct{})
		s.conns = make(map[clientstorage.ID]*Conn)
		s.Storage.Hook(clientstorage.Hooks{Detached: s.detached})
		if s.limits.PingInterval > 0 {
			s.running.Go(s.pingLoop)
		}
		s.running.Go(s.followLoop)
		s.running.Go(s.watchLoop)
	})
}

// ListenAndServe listens on the TCP address addr and calls Serve.
func (s *Server) ListenAndServe(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(l)
}

// Serve takes connections from l, whatever path they ask for, and returns when
// l fails or, with ErrServerClosed, after Shutdown. It closes l. For TLS, wrap
// the listener with [crypto/tls.NewListener].
func (s *Server) Serve(l net.Listener) error {
	s.init()
	defer l.Close()
	if !s.addListener(&l) {
		return ErrServerClosed
	}
	defer s.removeListener(&l)
	var delay time.Duration
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			delay = 0
			if sock := s.open(nc); sock != nil {
				go s.handshake(sock)
			}
		case s.base.Err() != nil:
			return ErrServerClosed
		case !isTemporary(err):
			return err
		default:
			// Too many open files, most likely: those that are connected must go
			// on, and the others wait in the kernel's queue meanwhile.
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			s.Logger.Warn("wsconn: accept failed, trying again", "err", err, "after", delay)
			time.Sleep(delay)
		}
	}
}

func isTemporary(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Temporary() //lint:ignore SA1019 for Accept there is no other way to know, and net/http does the same
}

// Broadcast queues one message for every client of this server, as [Conn.Write]
// does for one. The message is encoded once. A slow client does not delay the
// others.
func (s *Server) Broadcast(op ws.OpCode, payload []byte) error {
	s.init()
	frame, err := dataFrame(op, payload)
	if err != nil {
		return err
	}
	for _, c := range s.all() {
		// A client that cannot take it is closed or closing, which its own
		// OnClose tells.
		_ = c.queue(frame)
	}
	return nil
}
