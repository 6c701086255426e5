package wsconn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/internal/deflate"
)

// The request is collected here rather than by ws.Upgrader, for three reasons:
// to bound it, to keep the bytes that a client sends right behind it, and to
// upgrade in memory, without net/http and without a copy.

// maxRest is more than what a connection may keep of frames that are incomplete.
const maxRest = 256

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

// answer answers a handshake, and opens the connection if the client is let in. The
// caller has the turn; it is gone if answer reports false.
func (c *Conn) answer(head, tail []byte, err error) (mine bool) {
	s := c.loop.server
	c.forget()
	if err != nil {
		c.refuse(emptyResponse(headStatus(err)))
		return false
	}
	ctx, cancel := s.base, func() {}
	if !s.quick {
		left := time.Duration(int32(after(c.spoke.Load(), s.limits.HandshakeTimeout)-now())) * time.Millisecond
		ctx, cancel = context.WithTimeout(s.base, left)
	}
	g, response, err := s.upgrade(ctx, c, head)
	cancel() // now, because the connection may last for days
	if err != nil {
		c.refuse(response)
		return false
	}
	c.putRaw(response)
	return c.open(g, tail)
}

// refuse answers a handshake that does not succeed. The caller has the turn, which
// ends with it.
func (c *Conn) refuse(response []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mute { // it has ended already
		c.bye(errRefused, false)
		return
	}
	c.append(chunk{response, false})
	c.bye(errRefused, true)
}

var errRefused = errors.New("wsconn: the handshake was refused")

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
		if bytes.ContainsFunc(line, isControl) {
			return errBadHeader
		}
		name, _, field := bytes.Cut(line, []byte{':'})
		if lines > 1 && field && (len(name) == 0 || bytes.ContainsFunc(name, isNoToken)) {
			return errBadHeader
		}
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func isNoToken(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	default:
		return !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}
}

// headStatus is the HTTP status for a request that is not what it should be.
func headStatus(err error) int {
	if errors.Is(err, errHeaderTooLarge) {
		return http.StatusRequestHeaderFieldsTooLarge
	}
	return http.StatusBadRequest
}

// answerTime bounds what it takes to turn a client away.
const answerTime = time.Second

// emptyResponse encodes a response without a body.
func emptyResponse(status int) []byte {
	retry := ""
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		retry = "Retry-After: " + retryAfter + "\r\n"
	}
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nConnection: close\r\n%sContent-Length: 0\r\n\r\n",
		status, http.StatusText(status), retry)
}

// upgrade asks the firewall about the request in head and returns the response,
// which is a 101 if and only if the error is nil.
func (s *Server) upgrade(ctx context.Context, c *Conn, head []byte) (guest, []byte, error) {
	r := firewall.Request{Secure: c.link() != nil && c.link().secure(), RemoteAddr: c.RemoteAddr().String()}
	var g guest
	var offers []string
	hosts := 0
	upgrader := ws.Upgrader{
		OnRequest: func(uri []byte) error { r.URI = string(uri); return nil },
		OnHost: func(host []byte) error {
			// RFC 9112, section 3.2: two Host fields are a bad request, and might
			// mislead the origin check.
			if hosts++; hosts > 1 {
				return rejection(http.StatusBadRequest, "more than one Host header")
			}
			r.Host = string(host)
			return nil
		},
		OnHeader: func(key, value []byte) error {
			switch string(key) { // in the form of net/http's canonical keys
			case "Origin", "Cookie", "Authorization", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host":
				r.AddHeader(string(key), string(value))
			}
			return nil
		},
		ExtensionCustom: func(value []byte, chosen []httphead.Option) ([]httphead.Option, bool) {
			if s.Compress {
				offers = append(offers, string(value))
			}
			return chosen, true
		},
		OnBeforeUpgrade: func() (_ ws.HandshakeHeader, err error) {
			var refused error
			who, refused := s.identify(ctx, &r)
			if refused != nil {
				return nil, rejectionOf(refused)
			}
			g.identity, g.before = who.identity, who.before
			return g.extensions(offers), nil
		},
	}
	if len(s.Subprotocols) > 0 {
		upgrader.ProtocolCustom = func(value []byte) (string, bool) { return g.choose(string(value), s.Subprotocols) }
	}
	var response bytes.Buffer
	_, err := upgrader.Upgrade(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(head), &response})
	if err != nil && response.Len() == 0 {
		// The Upgrader says nothing to a request line or header it cannot parse.
		response.WriteString("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	}
	return g, response.Bytes(), err
}

// errBusy says that no more clients can be let in for now.
var errBusy = errors.New("wsconn: too many handshakes at once, too slow, or shutting down")

// A guest is a client that was let in. Between the reading of its session and the
// moment when its connection is known to the server, somebody may have asked for
// that session to be read again.
type guest struct {
	identity *firewall.Identity
	before   int64          // Server.rechecks, before the session was read
	protocol uint8          // as of Conn
	deflate  deflate.Params // as of Conn
}

// extensions negotiates permessage-deflate and returns the header of the response.
func (g *guest) extensions(offers []string) ws.HandshakeHeader {
	response, params, ok := deflate.Negotiate(offers...)
	if !ok {
		return nil
	}
	g.deflate = params
	return ws.HandshakeHeaderString("Sec-WebSocket-Extensions: " + response + "\r\n")
}

// choose chooses the first of the client's subprotocols that the server speaks: RFC
// 6455, section 4.2.2. It reports false if the client's list is none. Of several
// lines, the first that has one of the server's decides.
func (g *guest) choose(value string, spoken []string) (protocol string, ok bool) {
	for name := range strings.SplitSeq(value, ",") {
		name = strings.Trim(name, " \t")
		if name == "" || strings.ContainsFunc(name, isNoToken) {
			return "", false
		}
		if i := slices.Index(spoken, name); i >= 0 && protocol == "" {
			protocol, g.protocol = name, uint8(i+1)
		}
	}
	return protocol, true
}

// identify asks the firewall.
func (s *Server) identify(ctx context.Context, r *firewall.Request) (guest, error) {
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	default:
		return guest{}, errBusy
	}
	before := s.rechecks.Load()
	id, err := s.Firewall.Authenticate(ctx, r)
	if ctx.Err() != nil || s.base.Err() != nil {
		return guest{}, errBusy // not every store heeds the context
	}
	return guest{identity: id, before: before}, err
}

// statusOf returns the HTTP status for a client that was not identified, and
// what to tell it.
func statusOf(err error) (status int, text string) {
	if refusal, ok := errors.AsType[*firewall.Refusal](err); ok {
		return refusal.Status(), string(refusal.Reason)
	}
	return http.StatusServiceUnavailable, "try again later"
}

const retryAfter = "1" // seconds, for a 503

func rejectionOf(err error) error {
	status, text := statusOf(err)
	if status == http.StatusServiceUnavailable {
		return rejection(status, text, ws.RejectionHeader(ws.HandshakeHeaderString("Retry-After: "+retryAfter+"\r\n")))
	}
	return rejection(status, text)
}

func rejection(status int, text string, more ...ws.RejectOption) error {
	return ws.RejectConnectionError(append(more, ws.RejectionStatus(status), ws.RejectionReason(text))...)
}
