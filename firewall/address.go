package firewall

import (
	"net/netip"
	"strings"
)

// seen is a request as the client's own browser sent it, behind whatever proxies.
type seen struct {
	addr   netip.Addr // of the client; invalid if it is not known
	scheme string
	host   string
}

// see takes what trusted proxies say into account, as Symfony's trusted_proxies
// do.
func (f *Firewall) see(r *Request) seen {
	s := seen{addr: parseAddr(r.RemoteAddr), scheme: "http", host: r.Host}
	if r.Secure {
		s.scheme = "https"
	}
	if !f.trusted(s.addr) {
		return s
	}
	if proto := last(r.ForwardedProto); proto == "https" || proto == "http" {
		s.scheme = proto
	}
	if host := last(r.ForwardedHost); host != "" {
		s.host = host
	}
	// Every proxy appends who talked to it, so from the right the first that is
	// no proxy of ours is the client. What stands left of it, the client may
	// have made up.
	for rest := r.ForwardedFor; rest != "" && f.trusted(s.addr); {
		i := strings.LastIndexByte(rest, ',')
		s.addr = parseAddr(strings.TrimSpace(rest[i+1:]))
		rest = rest[:max(i, 0)]
	}
	return s
}

// last returns the last element of a list: what the nearest proxy wrote.
func last(list string) string {
	return strings.ToLower(strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:]))
}

// parseAddr reads an address with or without a port. An IPv4 address in the form
// of an IPv6 one is an IPv4 address, and zones are cut off.
func parseAddr(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func (f *Firewall) trusted(addr netip.Addr) bool { return contains(f.opts.TrustedProxies, addr) }

// denied reports whether the client's address is on the list. A client whose
// address is not known is denied if there is a list.
func (f *Firewall) denied(addr netip.Addr) bool {
	return len(f.opts.Deny) > 0 && (!addr.IsValid() || contains(f.opts.Deny, addr))
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if addr.IsValid() && p.Contains(addr) {
			return true
		}
	}
	return false
}
