package wsconn

import (
	"bytes"
	"errors"
	"strings"
)

// The request is collected here rather than by ws.Upgrader, for three reasons:
// to bound it, to keep the bytes that a client sends right behind it, and to
// upgrade in memory, without net/http and without a copy.

// collect looks for the blank line that ends the request's header in b, which begins
// with what pending returned. The tail is what came behind it. Without one it keeps b
// and returns nothing.
func (c *Conn) collect(b []byte) (head, tail []byte, err error) {
	limit := c.loop.server.limits.MaxHeaderBytes
	searched := 0
	if in := c.input(); in != nil {
		searched = max(0, len(in.rest)-3)
	}
	end := headEnd(b, searched)
	switch {
	case end > limit, end == 0 && len(b) >= limit:
		return nil, nil, errHeaderTooLarge
	case end > 0:
		return b[:end], b[end:], checkHead(b[:end])
	}
	c.keep(parser{}, b)
	return nil, nil, nil
}

var (
	errHeaderTooLarge = errors.New("wsconn: the handshake request is too large")
	errBadHeader      = errors.New("wsconn: malformed header")
)

// headEnd returns where the header ends, or 0. A line may end in LF alone, as
// ws.Upgrader takes it.
func headEnd(b []byte, from int) int {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return 0
		}
		from += i + 1
		switch rest := b[from:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from + 2
		}
	}
}

// checkHead refuses what ws.Upgrader would take, and what another reader of the
// same bytes, a proxy above all, may understand in another way: a line that is
// folded into the one before (RFC 9112, section 5.2), and what is no token as a
// field's name (RFC 9110, section 5.1) or no text as its value (section 5.5).
func checkHead(head []byte) error {
	lines := 0
	for line := range bytes.Lines(head) {
		if lines++; lines > maxHeaderLines {
			return errHeaderTooLarge
		}
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
		if hasAny(line, &isControl) {
			return errBadHeader
		}
		name, _, field := bytes.Cut(line, []byte{':'})
		if lines > 1 && field && (len(name) == 0 || hasAny(name, &isNoToken)) {
			return errBadHeader
		}
	}
	return nil
}

// isControl are the bytes that no line may contain, and isNoToken those that no field's
// name may.
var isControl, isNoToken [256]bool

func init() {
	for b := range 256 {
		isControl[b] = b < ' ' && b != '\t' || b == 0x7f
		letter := 'a' <= b|0x20 && b|0x20 <= 'z'
		isNoToken[b] = !letter && (b < '0' || b > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(b))
	}
}

func hasAny(text []byte, bad *[256]bool) bool {
	for _, b := range text {
		if bad[b] {
			return true
		}
	}
	return false
}
