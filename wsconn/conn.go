package wsconn

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/internal/deflate"
)

// A Conn is one client's connection. Its methods may be called concurrently,
// from handlers and from elsewhere, before and after it is closed; none of them
// waits for the client, but WriteWait.
type Conn struct {
	// Invariant: a million of these lie idle. What is needed only while something
	// happens hangs on a pointer, which is nil while nothing does.

	loop  *loop
	extra atomic.Pointer[extra]

	// Who it is, as the storage and as the website know them. A client is stored
	// before its identity and read after it, so what is read together belongs
	// together: see whole.
	client   atomic.Pointer[clientstorage.Client]
	identity atomic.Pointer[firewall.Identity]

	slot  uint32        // in the loop's table
	heard atomic.Uint32 // when anything came last, or when it was pinged after that; a clock
	spoke atomic.Uint32 // when a message came last

	fd      int32      // the socket, or -1; guarded by mu, as is what follows
	mu      sync.Mutex // nobody waits while holding it
	out     *output    // what waits to be written
	phase   phase
	wants   wants
	armed   uint8 // what the poller looks for
	busy    bool  // somebody has the turn
	corked  bool  // what is written waits for the end of the batch
	deaf    bool  // nothing is to be read for now
	mute    bool  // nothing more may be queued
	eof     bool  // the client has ended its side
	parted  bool  // the client has sent its close frame
	pinged  bool  // nothing has come since it was pinged
	refused bool  // it has never been open
	left    bool  // the client does not change any more; guarded by Server.changes

	protocol uint8          // 1 + index of Server.Subprotocols
	deflate  deflate.Params // of permessage-deflate
	port     uint16         // of the peer, and its address
	ip       [16]byte
}

// extra is what few connections have at a time. It is made when it is needed.
type extra struct {
	link   *link   // the net.Conn, where there is more than a descriptor; never changes
	input  *input  // what has come and is not complete; belongs to the turn
	ending *ending // why and since when the server ends the connection; guarded by mu
}

func (c *Conn) extras() *extra {
	if c.extra.Load() == nil {
		c.extra.CompareAndSwap(nil, &extra{})
	}
	return c.extra.Load()
}

func (c *Conn) link() *link {
	if x := c.extra.Load(); x != nil {
		return x.link
	}
	return nil
}

func (c *Conn) input() *input {
	if x := c.extra.Load(); x != nil {
		return x.input
	}
	return nil
}

func (c *Conn) ending() *ending {
	if x := c.extra.Load(); x != nil {
		return x.ending
	}
	return nil
}

// A phase is how far a connection has come. Only the owner of the turn changes it.
type phase uint8

const (
	phaseRequest phase = iota // the handshake is being collected
	phaseAsked                // it is complete, and about to be answered
	phaseOpen                 // messages come and go
	phaseLast                 // the last bytes are written, and what comes is discarded
	phaseClosed               // the socket is closed
)

// ID returns the client's id in the storage.
func (c *Conn) ID() clientstorage.ID { return c.client.Load().ID }

// Client returns the client as it was attached, with the first 64 of its roles. If
// its session changes, another one replaces it: see [IdentityHandler].
func (c *Conn) Client() *clientstorage.Client { return c.client.Load() }

// Identity returns who the firewall says it is.
func (c *Conn) Identity() *firewall.Identity { return c.whole(c.identity.Load()) }

// Subprotocol returns which of Server.Subprotocols was agreed on, or "".
func (c *Conn) Subprotocol() string {
	if c.protocol == 0 {
		return ""
	}
	return c.loop.server.Subprotocols[c.protocol-1]
}

// RemoteAddr returns the address of the peer, which may be that of a proxy. That of a
// Unix socket has no name.
func (c *Conn) RemoteAddr() net.Addr {
	if c.link() != nil {
		return c.link().RemoteAddr()
	}
	if c.port == 0 {
		return &net.UnixAddr{Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(c.addrPort())
}

func (c *Conn) addrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(c.ip).Unmap(), c.port)
}

// remote returns RemoteAddr as a text.
func (c *Conn) remote() string {
	if c.link() == nil && c.port != 0 {
		return c.addrPort().String()
	}
	return c.RemoteAddr().String()
}
