package firewall

import (
	"fmt"
	"net/url"
	"strings"
)

// An origin is where a page comes from: RFC 6454, section 4. It is lower case,
// and its port is always there.
type origin struct{ scheme, host, port string }

// parseOrigin reads the form "scheme://host" or "scheme://host:port", and
// nothing else. In particular "null", which browsers send for sandboxed pages
// and files, is no origin.
func parseOrigin(s string) (origin, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme == "" || u.User != nil ||
		u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return origin{}, false
	}
	return newOrigin(u.Scheme, u.Host)
}

// newOrigin returns the origin of a host with or without a port.
func newOrigin(scheme, hostport string) (origin, bool) {
	u := url.URL{Host: hostport}
	o := origin{strings.ToLower(scheme), strings.ToLower(u.Hostname()), u.Port()}
	if o.port == "" {
		o.port = map[string]string{"http": "80", "https": "443"}[o.scheme]
	}
	return o, o.host != ""
}

// originAllowed reports whether the page that an Origin header names may connect. Browsers send
// the origin with every WebSocket handshake, so that servers can refuse pages
// of other sites, which would bring the user's cookies along: RFC 6455,
// section 10.2.
func (f *Firewall) originAllowed(header string, at seen) bool {
	if header == "" {
		return true
	}
	for _, p := range f.origins {
		if p.any {
			return true
		}
	}
	from, ok := parseOrigin(header)
	if !ok {
		return false
	}
	if self, ok := newOrigin(at.scheme, at.host); ok && from == self {
		return true
	}
	for _, p := range f.origins {
		if p.matches(from) {
			return true
		}
	}
	return false
}

// A pattern is an entry of Options.Origins.
type pattern struct {
	any        bool
	origin     origin
	subdomains bool // the host is that of a subdomain of origin.host
}

func parsePattern(s string) (pattern, error) {
	if s == "*" {
		return pattern{any: true}, nil
	}
	scheme, host, _ := strings.Cut(s, "://")
	host, subdomains := strings.CutPrefix(host, "*.")
	o, ok := parseOrigin(scheme + "://" + host)
	if !ok || strings.Contains(o.host, "*") || o.port == "" {
		return pattern{}, fmt.Errorf("firewall: the origin %q is not of the form https://example.com, https://*.example.com or https://example.com:8443", s)
	}
	return pattern{origin: o, subdomains: subdomains}, nil
}

func (p pattern) matches(o origin) bool {
	if !p.subdomains {
		return o == p.origin
	}
	sub, ok := strings.CutSuffix(o.host, "."+p.origin.host)
	return ok && sub != "" && o.scheme == p.origin.scheme && o.port == p.origin.port
}
