package deflate

import "strconv"

// Params is what was negotiated with a client: 0 if its messages and those to it
// are not compressed, else the bits of the window it has for the latter.
type Params uint8

const (
	minBits Params = 8
	maxBits Params = 15
)

// Fits reports whether a message of n bytes is to be compressed for the client:
// it must be worth it, and the client's window must be enough for it.
//
// Of a message that is no longer than the window no part can refer further back
// than the window reaches, since nothing is kept from the messages before it.
// Longer ones would take a compressor that knows about windows, and bytes of
// their own in a broadcast; they are sent as they are, which is allowed for any
// message (RFC 7692 section 6). Browsers do not ask for small windows.
func (p Params) Fits(n int) bool {
	// If nothing was negotiated, 1<<p is 1.
	return n >= Threshold && (p == maxBits || n <= 1<<p)
}

// Negotiate decides on the values of the lines Sec-WebSocket-Extensions of a
// client's handshake. It takes the first offer of permessage-deflate that is
// acceptable, and returns the value for the same line of the response, and what
// follows from it for the messages. If there is none, ok is false, and the
// response should have no such line.
//
// An offer with a parameter that is unknown, twice there or has no valid value is
// declined, and so are other extensions (RFC 7692 section 7.1). If a value is not
// a list of extensions at all, everything is declined. RFC 6455 section 9.1 would
// have the connection failed, but without an extension it can do no harm.
//
// Offers may be hostile: it takes linear time, and nothing is allocated.
func Negotiate(offers ...string) (response string, p Params, ok bool) {
	for _, line := range offers {
		s := scanner{s: line}
		for s.more() {
			window, acceptable := s.offer()
			if acceptable && !ok {
				response, p, ok = responses[window], window, true
			}
		}
		if s.bad {
			return "", 0, false
		}
	}
	if ok && p == 0 {
		p = maxBits
	}
	return response, p, ok
}

// The response to each window that is asked for, 0 if none is. No side keeps a
// window between messages: a server may say so of itself and of the client,
// offered or not (RFC 7692 sections 7.1.1.1 and 7.1.1.2). A window that was asked
// for must be named again, even the largest (section 7.1.2.1). That of the client
// needs no answer (section 7.1.2.2): it saves nothing here.
var responses = func() (r [maxBits + 1]string) {
	r[0] = extension + "; server_no_context_takeover; client_no_context_takeover"
	for p := minBits; p <= maxBits; p++ {
		r[p] = r[0] + "; server_max_window_bits=" + strconv.Itoa(int(p))
	}
	return r
}()

const extension = "permessage-deflate"

// offer reads an extension, and reports whether it is an offer that can be
// accepted, and the window it asks for, or 0.
func (s *scanner) offer() (window Params, ok bool) {
	ok = s.token() == extension
	var seen [4]bool
	for s.next(';') {
		name, value, hasValue := s.parameter()
		i, valid := 0, false
		switch name {
		case "server_no_context_takeover":
			i, valid = 0, !hasValue
		case "client_no_context_takeover":
			i, valid = 1, !hasValue
		case "server_max_window_bits":
			i = 2
			window, valid = windowBits(value)
		case "client_max_window_bits":
			i = 3
			_, valid = windowBits(value)
			valid = valid || !hasValue
		}
		ok = ok && valid && !seen[i]
		seen[i] = true
	}
	s.endOfExtension()
	return window, ok
}

// windowBits reads a number from 8 to 15, without leading zeros.
func windowBits(value string) (Params, bool) {
	for p := minBits; p <= maxBits; p++ {
		if value == strconv.Itoa(int(p)) {
			return p, true
		}
	}
	return 0, false
}
