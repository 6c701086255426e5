package wsconn

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
)

// A Server serves WebSockets. Set its fields before it is first used and leave
// them alone after. The zero value serves: it lets in everybody of its own
// origin as anonymous, keeps them in memory, and ignores what they say.
//
// A Server starts goroutines when it is first used, which Shutdown ends.
type Server struct {
	// Storage is where clients are attached while they are connected. It
	// defaults to one in memory.
	Storage *clientstorage.Storage

	// Firewall says who they are. It defaults to the zero Firewall.
	Firewall *firewall.Firewall

	// Handler gets what they send. It may be nil.
	Handler Handler

	// Subprotocols are those that the server speaks. Of those that a client offers,
	// the first of them is chosen; see [Conn.Subprotocol]. There may be at most 255.
	Subprotocols []string

	// Compress has messages compressed if the client can: permessage-deflate, RFC
	// 7692, without context takeover. It leaves 40 to 75 % of a text and takes many
	// times the CPU; messages of less than 256 bytes are sent as they are.
	Compress bool

	Limits Limits

	// Logger is told what goes wrong inside. It defaults to slog.Default().
	Logger *slog.Logger

	once    sync.Once
	limits  Limits             // Limits, with the defaults
	direct  bool               // to attach and detach never waits
	quick   bool               // to authenticate neither
	asking  chan struct{}      // holds one for each client the firewall is asked about
	base    context.Context    // ends with Shutdown
	cancel  context.CancelFunc // ends base
	running sync.WaitGroup     // of everything that Shutdown waits for

	loops        []*loop
	next         atomic.Uint64 // of loops
	crew         *crew
	index        index
	addresses    addresses
	pending      atomic.Int64   // connections at their handshake
	handOff      atomic.Int64   // until when messages go to the crew, since processStart
	handed       atomic.Int64   // how many went there since the overseer's last look
	handedSlowly atomic.Int64   // and took long
	slow         uint16         // whether handlers were, in the overseer's last looks
	anonymous    sync.Map       // of firewall.Reason to *firewall.Identity: see Conn.whole
	changes      changes        // of who is behind connections
	rechecks     atomic.Int64   // how often somebody asked for some sessions to be read again
	stopped      chan struct{}  // closed when all connections are, and the loops are to end
	runners      sync.WaitGroup // of the loops, and of those who watch over them
	asleep       atomic.Bool    // the overseer sleeps
	alarm        chan struct{}  // wakes it

	mu        sync.Mutex
	down      bool                       // Shutdown was called
	listeners map[*net.Listener]struct{} // by pointer, as not every one can be a key
	raw       []*rawListener             // those that the loops watch, by number
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
		s.direct = !s.Storage.Shared()
		s.quick = s.direct && s.Firewall.Immediate()
		s.asking = make(chan struct{}, s.limits.MaxHandshakes)
		s.base, s.cancel = context.WithCancel(context.Background())
		s.listeners = make(map[*net.Listener]struct{})
		s.addresses.max = s.limits.MaxPerAddress
		s.stopped, s.alarm = make(chan struct{}), make(chan struct{}, 1)
		s.Storage.Hook(clientstorage.Hooks{Detached: s.detached})
		s.startLoops()
		s.running.Go(s.followLoop)
		s.running.Go(s.watchLoop)
	})
}

// startLoops starts what serves connections, and what watches over it.
func (s *Server) startLoops() {
	s.crew = newCrew(&s.running, s.rouse)
	s.loops = newLoops(s)
	for _, l := range s.loops {
		l.start()
	}
	s.runners.Go(s.oversee)
	s.runners.Go(s.sweepLoop)
}

// stopLoops ends them, when all connections are closed.
func (s *Server) stopLoops() {
	close(s.stopped)
	s.crew.close()
	for _, l := range s.loops {
		if l.poller != nil {
			l.poller.close()
		}
	}
	s.runners.Wait()
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
//
// Listeners of package net cost least; see the package's doc. If such a one is closed by
// somebody else, it takes half a second until Serve notices.
func (s *Server) Serve(l net.Listener) error {
	s.init()
	defer l.Close()
	if !s.addListener(&l) {
		return ErrServerClosed
	}
	defer s.removeListener(&l)
	return s.accept(l)
}
