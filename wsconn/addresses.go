package wsconn

import (
	"net/netip"
	"sync"
)

// addresses counts connections by their address, if there is a limit.
type addresses struct {
	max int

	mu     sync.Mutex
	counts map[netip.Prefix]int
	of     map[*Conn]netip.Prefix
}

// enter counts a connection, or reports false if its address has too many.
func (a *addresses) enter(c *Conn) bool {
	if a.max <= 0 {
		return true
	}
	from, ok := a.reserve(c.remote())
	if ok {
		a.assign(c, from)
	}
	return ok
}

// reserve counts a connection from addr that is yet to be made.
func (a *addresses) reserve(addr string) (netip.Prefix, bool) {
	if a.max <= 0 {
		return netip.Prefix{}, true
	}
	from, ok := network(addr)
	if !ok {
		return from, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts[from] >= a.max {
		return from, false
	}
	if a.counts == nil {
		a.counts, a.of = make(map[netip.Prefix]int), make(map[*Conn]netip.Prefix)
	}
	a.counts[from]++
	return from, true
}

// assign makes a reservation that of a connection.
func (a *addresses) assign(c *Conn, from netip.Prefix) {
	if !from.IsValid() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[c] = from
}

// cancel gives a reservation up.
func (a *addresses) cancel(from netip.Prefix) {
	if !from.IsValid() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts[from]--; a.counts[from] == 0 {
		delete(a.counts, from)
	}
}

// leave gives up what a connection has.
func (a *addresses) leave(c *Conn) {
	if a.max <= 0 {
		return
	}
	a.mu.Lock()
	from := a.of[c]
	delete(a.of, c)
	a.mu.Unlock()
	a.cancel(from)
}

// network returns what counts as one address: of IPv6, the 64 bits that a provider
// gives to each of its customers.
func network(addr string) (netip.Prefix, bool) {
	ap, err := netip.ParseAddrPort(addr)
	ip := ap.Addr()
	if err != nil { // as middleware leaves it that believes a proxy
		ip, err = netip.ParseAddr(addr)
	}
	if err != nil {
		return netip.Prefix{}, false // a Unix socket, or a type of somebody else
	}
	ip = ip.Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, err := ip.Prefix(bits)
	return p, err == nil
}
