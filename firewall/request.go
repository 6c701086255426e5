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

	Authorization string // the Authorization header

	RemoteAddr string // "host:port" of the peer, which may be a proxy

	// What a proxy says: the headers X-Forwarded-For, X-Forwarded-Proto and
	// X-Forwarded-Host. They count only if the peer is one of
	// [Options].TrustedProxies, as anybody can send them.
	ForwardedFor, ForwardedProto, ForwardedHost string
}

// header returns the field that holds the header of this name, or nil.
func (r *Request) header(name string) (field *string, separator string) {
	switch {
	case strings.EqualFold(name, "Origin"):
		return &r.Origin, ", " // of two, neither is allowed
	case strings.EqualFold(name, "Cookie"):
		return &r.Cookie, "; " // HTTP/2 allows several
	case strings.EqualFold(name, "Authorization"):
		return &r.Authorization, ", "
	case strings.EqualFold(name, "X-Forwarded-For"):
		return &r.ForwardedFor, ", "
	case strings.EqualFold(name, "X-Forwarded-Proto"):
		return &r.ForwardedProto, ", "
	case strings.EqualFold(name, "X-Forwarded-Host"):
		return &r.ForwardedHost, ", "
	}
	return nil, ""
}

// AddHeader notes a header, if it says who the client is. Several of one name
// are joined, as RFC 9110, section 5.3, allows.
func (r *Request) AddHeader(name, value string) {
	field, separator := r.header(name)
	switch {
	case field == nil:
	case *field == "":
		*field = value
	default:
		*field += separator + value
	}
}

// FromHTTP returns the Request of a request that net/http has read.
func FromHTTP(r *http.Request) *Request {
	req := &Request{URI: r.RequestURI, Host: r.Host, Secure: r.TLS != nil, RemoteAddr: r.RemoteAddr}
	for name, values := range r.Header {
		for _, value := range values {
			req.AddHeader(name, value)
		}
	}
	return req
}
