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
	from, ok := network(c.RemoteAddr().String())
	if !ok {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.counts[from] >= a.max {
		return false
	}
	if a.counts == nil {
		a.counts, a.of = make(map[netip.Prefix]int), make(map[*Conn]netip.Prefix)
	}
	a.counts[from]++
	a.of[c] = from
	return true
}

// room reports whether enter would succeed for a connection from addr.
func (a *addresses) room(addr string) bool {
	from, ok := network(addr)
	if a.max <= 0 || !ok {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts[from] < a.max
}

// leave undoes enter.
func (a *addresses) leave(c *Conn) {
	if a.max <= 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	from, ok := a.of[c]
	if !ok {
		return
	}
	delete(a.of, c)
	if a.counts[from]--; a.counts[from] == 0 {
		delete(a.counts, from)
	}
}

// network returns what counts as one address: of IPv6, the 64 bits that a provider
// gives to each of its customers.
func network(addr string) (netip.Prefix, bool) {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return netip.Prefix{}, false // a Unix socket, or a type of somebody else
	}
	ip := ap.Addr().Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, err := ip.Prefix(bits)
	return p, err == nil
}
