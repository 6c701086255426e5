package firewall

import (
	"net/http"
	"strings"
)

// A Request is the part of a handshake that says who the client is. It is the
// same whether net/http read the handshake or the server itself.
type Request struct {
	URI    string // as in the request line: path and query
	Host   string // the Host header
	Origin string // the Origin header; "" if there is none
	Cookie string // the Cookie header
	Secure bool   // the connection to this server is TLS

	RemoteAddr string // "host:port" of the peer, which may be a proxy
}

// FromHTTP returns the Request of a request that net/http has read.
func FromHTTP(r *http.Request) *Request {
	return &Request{
		URI:        r.RequestURI,
		Host:       r.Host,
		Origin:     strings.Join(r.Header["Origin"], ", "), // of two, neither is allowed
		Cookie:     strings.Join(r.Header["Cookie"], "; "), // HTTP/2 allows several
		Secure:     r.TLS != nil,
		RemoteAddr: r.RemoteAddr,
	}
}
