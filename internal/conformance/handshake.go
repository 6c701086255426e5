package conformance

import (
	"bufio"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// open does the handshake, RFC 6455, section 4.1, with the offers of p, and
// returns a session of which the first frames may have been sent.
func open(conn net.Conn, p *plan, o Options) (*session, error) {
	nonce := make([]byte, 16)
	rand.Read(nonce)
	key := base64.StdEncoding.EncodeToString(nonce)

	conn.SetDeadline(time.Now().Add(o.Wait))
	first := request(key, p.offers)
	for _, f := range p.early {
		first = f.encode(first, [4]byte(nonce))
	}
	write(conn, first, p.request)
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, fmt.Errorf("read response: %w", err)
	}
	conn.SetDeadline(time.Time{})
	if err := checkResponse(res, key); err != nil {
		return nil, err
	}
	answer, params, err := negotiated(p.offers, res.Header.Values("Sec-WebSocket-Extensions"))
	if err != nil {
		return nil, err
	}
	if answer == nil {
		return newSession(conn, r, nil, o), nil
	}
	s := newSession(conn, r, newDeflate(*params), o)
	s.mismatch = goesWith(p.offers, *answer, params)
	return s, nil
}

// request is a client's handshake.
func request(key string, offers []string) []byte {
	var b strings.Builder
	b.WriteString("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	fmt.Fprintf(&b, "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n", key)
	for _, offer := range offers {
		fmt.Fprintf(&b, "Sec-WebSocket-Extensions: %s\r\n", offer)
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// acceptGUID is what RFC 6455, section 1.3, adds to the key.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// checkResponse checks the answer: RFC 6455, section 4.1.
func checkResponse(res *http.Response, key string) error {
	sum := sha1.Sum([]byte(key + acceptGUID))
	switch h := res.Header; {
	case res.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("status %s", res.Status)
	case !strings.EqualFold(h.Get("Upgrade"), "websocket"), !strings.EqualFold(h.Get("Connection"), "upgrade"):
		return fmt.Errorf("the headers Upgrade: %q and Connection: %q", h.Get("Upgrade"), h.Get("Connection"))
	case h.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]):
		return errors.New("the wrong Sec-WebSocket-Accept")
	case h.Get("Sec-WebSocket-Protocol") != "":
		return errors.New("a subprotocol that was not asked for")
	default:
		return nil
	}
}
