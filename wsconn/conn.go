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

	loop *loop
	who  atomic.Pointer[who]
	link *link  // the net.Conn, where there is more than a descriptor
	in   *input // what has come and is not complete; belongs to the turn
	slot uint32 // in the loop's table

	heard  atomic.Uint32 // when anything came last, as a clock
	spoke  atomic.Uint32 // when a message came last
	pinged uint32        // when it was pinged after that; belongs to sweep

	mu     sync.Mutex // guards what follows, and nobody waits while holding it
	out    *output    // what waits to be written
	ending *ending    // why and since when the server ends the connection
	fd     int32      // the socket, or -1
	phase  phase
	wants  wants
	armed  uint8 // what the poller looks for
	busy   bool  // somebody has the turn
	corked bool  // what is written waits for the end of the batch
	deaf   bool  // nothing is to be read for now
	mute   bool  // nothing more may be queued
	eof    bool  // the client has ended its side
	opened bool  // OnOpen was called; belongs to the turn
	left   bool  // the client does not change any more; guarded by Server.changes

	protocol uint8          // 1 + index of Server.Subprotocols
	deflate  deflate.Params // of permessage-deflate
	peer     peer
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

// who is the one behind a connection, as the website and as the storage know
// them. The identity of an anonymous client is shared by all who are anonymous
// for the same reason: see Conn.Identity.
type who struct {
	identity *firewall.Identity
	client   *clientstorage.Client
}

// ID returns the client's id in the storage.
func (c *Conn) ID() clientstorage.ID { return c.who.Load().client.ID }

// Client returns the client as it was attached, with the first 64 of its roles. If
// its session changes, another one replaces it: see [IdentityHandler].
func (c *Conn) Client() *clientstorage.Client { return c.who.Load().client }

// Identity returns who the firewall says it is.
func (c *Conn) Identity() *firewall.Identity { return c.who.Load().whole() }

// Subprotocol returns which of Server.Subprotocols was agreed on, or "".
func (c *Conn) Subprotocol() string {
	if c.protocol == 0 {
		return ""
	}
	return c.loop.server.Subprotocols[c.protocol-1]
}

// RemoteAddr returns the address of the peer, which may be that of a proxy.
func (c *Conn) RemoteAddr() net.Addr {
	if c.link != nil {
		return c.link.RemoteAddr()
	}
	return c.peer.addr()
}

// A peer is the address of the other end of a bare socket, in less memory than a
// net.Addr takes. That of a Unix socket has no name, and is the zero value.
type peer struct {
	ip   [16]byte
	zone uint32
	port uint16
	kind uint8 // 4, 6, or 0 for a Unix socket
}

func (p *peer) addrPort() netip.AddrPort {
	ip := netip.AddrFrom16(p.ip)
	if p.kind == 4 {
		ip = ip.Unmap()
	} else if p.zone != 0 {
		ip = ip.WithZone(zoneName(p.zone))
	}
	return netip.AddrPortFrom(ip, p.port)
}

func (p *peer) addr() net.Addr {
	if p.kind == 0 {
		return &net.UnixAddr{Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(p.addrPort())
}

func zoneName(index uint32) string {
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return i.Name
	}
	return ""
}
