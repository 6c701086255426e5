package wsconn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/internal/deflate"
)

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
	u := upgrades.get()
	err = u.do(ctx, c, head)
	cancel() // now, because the connection may last for days
	response, g := u.response.Bytes(), u.guest
	if err != nil {
		c.refuse(bytes.Clone(response))
	} else {
		c.putRaw(response)
	}
	u.done()
	return err == nil && c.open(g, tail)
}

// refuse answers a handshake that does not succeed. The caller has the turn, which
// ends with it.
func (c *Conn) refuse(response []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuseWith(response)
}

// refuseWith is refuse for those who hold c.mu.
func (c *Conn) refuseWith(response []byte) {
	l := c.link()
	if c.mute || l != nil && l.secure() && !l.secured.Load() { // it has ended, or cannot be told yet
		c.bye(errRefused, false)
		return
	}
	c.append(chunk{response, false})
	c.bye(errRefused, true)
}

var errRefused = errors.New("wsconn: the handshake was refused")

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
// lines, the first that has one of the server's decides. Empty elements are ignored: RFC
// 9110, section 5.6.1.2.
func (g *guest) choose(value string, spoken []string) (protocol string, ok bool) {
	for name := range strings.SplitSeq(value, ",") {
		name = strings.Trim(name, " \t")
		if hasAny([]byte(name), &isNoToken) {
			return "", false
		}
		ok = ok || name != ""
		if i := slices.Index(spoken, name); i >= 0 && protocol == "" {
			protocol, g.protocol = name, uint8(i+1)
		}
	}
	return protocol, ok
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

const retryAfter = "1" // seconds, for a 503 and a 429

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
