package delegate

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/firewall"
)

var errControl = errors.New("delegate: a header of the client has control characters")

// header returns what the website is asked with, or nil if the client has
// nothing to show.
func (a *Authenticator) header(r *firewall.Request) (http.Header, error) {
	cookie, authorization := a.cookies(r.Cookie), ""
	if a.opts.Authorization {
		authorization = r.Authorization
	}
	if cookie == "" && authorization == "" {
		return nil, nil
	}
	// net/http would not send them either, but that would look like a failure of
	// the website.
	if control(cookie) || control(authorization) {
		return nil, errControl
	}
	h := a.opts.Header.Clone()
	if h == nil {
		h = make(http.Header)
	}
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set("Cookie", cookie)
	set("Authorization", authorization)
	set("X-Forwarded-For", forwardedFor(r))
	if h.Get("Accept") == "" {
		h.Set("Accept", "application/json")
	}
	h.Set("Cache-Control", "no-cache")
	return h, nil
}

// cookies returns the pairs of a Cookie header that the website gets, as they
// are, and "" if there are none.
func (a *Authenticator) cookies(header string) string {
	if len(a.opts.Cookies) == 0 {
		return strings.Trim(header, " \t;")
	}
	var kept []string
	for pair := range strings.SplitSeq(header, ";") {
		pair = strings.Trim(pair, " \t")
		if name, _, ok := strings.Cut(pair, "="); ok && slices.Contains(a.opts.Cookies, name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "; ")
}

// control reports whether a header has bytes that RFC 9110, section 5.5, does
// not allow.
func control(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// forwardedFor is what a proxy writes: whom it was told of, and behind them who
// talked to it. A website that trusts this server as a proxy sees the client's
// address, which some of them tie sessions to; it must not trust the beginning of
// the list.
func forwardedFor(r *firewall.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	const most = 1 << 10 // the client may have written it
	switch {
	case control(host) || host == "":
		return ""
	case r.ForwardedFor == "" || len(r.ForwardedFor) > most || control(r.ForwardedFor):
		return host
	}
	return r.ForwardedFor + ", " + host
}
