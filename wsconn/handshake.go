package wsconn

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/firewall"
)

// handshake reads the request of a connection that Serve accepted, answers it,
// and serves the connection if it was let in.
//
// The request is collected here rather than by ws.Upgrader, for three reasons:
// to bound it, to keep the bytes that a client sends right behind it, and to
// upgrade in memory, without net/http and without a copy.
func (s *Server) handshake(sock *socket) {
	nc := sock.Conn
	deadline := time.Now().Add(s.limits.HandshakeTimeout)
	nc.SetDeadline(deadline)
	head, tail, err := s.readHead(nc)
	if err != nil {
		answer(nc, headStatus(err))
		s.release(sock)
		return
	}
	ctx, cancel := context.WithDeadline(s.base, deadline)
	g, response, err := s.upgrade(ctx, nc, head)
	cancel()                                   // now, because the connection may last for days
	nc.SetDeadline(time.Now().Add(answerTime)) // the time for the handshake may be up
	if _, werr := nc.Write(response); werr != nil || err != nil {
		linger(nc, answerTime)
		s.release(sock)
		return
	}
	nc.SetDeadline(time.Time{})
	s.serve(sock, g, tail)
}

var (
	errHeaderTooLarge = errors.New("wsconn: the handshake request is too large")
	errBadHeader      = errors.New("wsconn: malformed header")
)

// readHead reads up to the blank line that ends the request's header. The tail
// is what came behind it.
func (s *Server) readHead(r io.Reader) (head, tail []byte, err error) {
	limit := s.limits.MaxHeaderBytes
	buf := make([]byte, 0, min(1024, limit))
	for {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, min(2*cap(buf), limit)), buf...)
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		searched := max(0, len(buf)-3)
		buf = buf[:len(buf)+n]
		if end := headEnd(buf, searched); end > 0 {
			head, tail = buf[:end], buf[end:]
			return head, tail, checkHead(head)
		}
		if err != nil {
			return nil, nil, err
		}
		if len(buf) == limit {
			return nil, nil, errHeaderTooLarge
		}
	}
}

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

// headStatus is the HTTP status for a request that could not be read, or 0 if
// there is nobody to tell.
func headStatus(err error) int {
	switch {
	case errors.Is(err, errHeaderTooLarge):
		return http.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, errBadHeader):
		return http.StatusBadRequest
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	default:
		return 0
	}
}

// answerTime bounds what it takes to turn a client away.
const answerTime = time.Second

// answer writes a response without a body.
func answer(nc net.Conn, status int) {
	if status == 0 {
		return
	}
	nc.SetDeadline(time.Now().Add(answerTime))
	fmt.Fprintf(nc, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status, http.StatusText(status))
	linger(nc, answerTime)
}

// upgrade asks the firewall about the request in head and returns the response,
// which is a 101 if and only if the error is nil.
func (s *Server) upgrade(ctx context.Context, nc net.Conn, head []byte) (guest, []byte, error) {
	_, secure := nc.(interface{ ConnectionState() tls.ConnectionState })
	r := firewall.Request{Secure: secure, RemoteAddr: nc.RemoteAddr().String()}
	var g guest
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
		OnBeforeUpgrade: func() (_ ws.HandshakeHeader, err error) {
			var refused error
			if g, refused = s.identify(ctx, &r); refused != nil {
				return nil, rejectionOf(refused)
			}
			return nil, nil
		},
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
	before   int64 // Server.rechecks, before the session was read
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
	return guest{id, before}, err
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
