package wsconn

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// A CloseError says that the connection was closed in the way of the protocol,
// and with which code: by the client, or by the server.
type CloseError struct {
	// Code is the status code, or 1005 if the close frame had none.
	Code   ws.StatusCode
	Reason string
}

// Error returns the code and the reason, which may be the client's own words.
func (e CloseError) Error() string {
	return fmt.Sprintf("wsconn: closed with %d %s", e.Code, e.Reason)
}

// ErrClosed says that a connection is closed, or about to be.
var ErrClosed = errors.New("wsconn: connection closed")

// Close codes that gobwas/ws has no name for.
const (
	// StatusSignedOut closes clients whose session has ended or has become
	// another user's. A page should ask the website who it is before it connects
	// again.
	StatusSignedOut ws.StatusCode = 4401
	// StatusDisplaced closes a client that has to make room for a newer one of
	// the same user, and StatusTooMany one whose user has too many already: see
	// clientstorage.Options.PerUser. A page should not connect again by itself.
	StatusDisplaced ws.StatusCode = 4409
	StatusTooMany   ws.StatusCode = 4429
	// StatusIdle closes a client that has not sent a message for
	// Limits.IdleTimeout.
	StatusIdle ws.StatusCode = 4408

	statusTryAgainLater ws.StatusCode = 1013 // in IANA's registry
)

// Close begins to close the connection with a code, and a reason of at most 123
// bytes; what is longer is cut. Messages that were queued before are still
// written; those that the client sends from now on are not delivered. The
// connection ends when the client answers, or after Limits.CloseTimeout. Only
// the first Close counts.
//
// A code that must not be sent, such as 1005 or 1006, closes without a code.
func (c *Conn) Close(code ws.StatusCode, reason string) {
	if !sendable(code) {
		code, reason = ws.StatusNoStatusRcvd, ""
	}
	c.fail(CloseError{code, reason})
}

// An ending is why and since when the server ends a connection, or the connection
// has ended.
type ending struct {
	err        error  // the first reason counts
	due        uint32 // when the client has had the time to answer
	halfClosed bool   // the server's side of the stream has ended
	discarded  int    // bytes that came in the last phase
}

// fail queues the close frame that err asks for and stops listening to the
// client, except for its own close frame.
func (c *Conn) fail(err CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(err)
}

// end is fail for those who hold c.mu.
func (c *Conn) end(err CloseError) {
	if c.ending() != nil || c.phase >= phaseLast {
		return
	}
	due := after(now(), c.loop.server.limits.CloseTimeout)
	c.extras().ending = &ending{err: err, due: due}
	c.queueLast(closeFrame(err))
	c.loop.wake(c, due)
}

// queueLast queues a close frame, if none was queued before. The caller holds c.mu.
func (c *Conn) queueLast(frame []byte) {
	if c.mute {
		return
	}
	if c.out != nil && len(c.out.batch) > 0 {
		c.flush()
	}
	c.append(chunk{frame, false})
	c.silence()
	c.push()
}

// silence has nothing more be queued, and tells those who wait for room. The caller holds
// c.mu.
func (c *Conn) silence() {
	c.mute = true
	if c.out != nil {
		c.out.hasRoom()
	}
}

// drop ends the connection without a word.
func (c *Conn) drop(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault(err)
}

// fault ends the connection because of err: there is nobody to talk to any more. The
// caller holds c.mu.
func (c *Conn) fault(err error) {
	c.silence()
	c.eof = true // nothing is said, and nothing waited for
	c.discard()
	switch {
	case c.phase == phaseLast:
		c.closeSocket()
		return
	case c.phase == phaseClosed:
		return
	}
	if c.ending() == nil {
		c.extras().ending = &ending{err: err}
	}
	c.interrupt()
	if c.want(wantEnd) {
		c.loop.server.crew.do(c.release)
	}
}

// isEnding reports whether the server ends the connection.
func (c *Conn) isEnding() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending() != nil
}

// reason returns why the connection ends, given the error of reading: if the
// server ends it, that is why.
func (c *Conn) reason(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending() != nil {
		return c.ending().err
	}
	return err
}

// closeFrame encodes the close frame that e describes.
func closeFrame(e CloseError) []byte {
	if e.Code == ws.StatusNoStatusRcvd {
		return ws.CompiledClose
	}
	return ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(e.Code, cut(e.Reason))))
}

// cut makes a reason UTF-8 and short enough for a control frame.
func cut(reason string) string {
	const most = ws.MaxControlFramePayloadSize - 2
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if len(reason) <= most {
		return reason
	}
	n := most
	for n > 0 && !utf8.RuneStart(reason[n]) {
		n--
	}
	return reason[:n]
}

// sendable reports whether a close frame may carry the code: RFC 6455, section
// 7.4, and IANA's registry, which has added 1012 to 1014.
func sendable(code ws.StatusCode) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	default:
		return code >= 3000 && code <= 4999
	}
}

// parseClose reads the payload of a client's close frame. It returns the
// CloseError to end the connection with: the client's own, or that of a
// protocol violation.
func parseClose(payload []byte) CloseError {
	if len(payload) == 0 {
		return CloseError{Code: ws.StatusNoStatusRcvd}
	}
	if len(payload) == 1 {
		return CloseError{ws.StatusProtocolError, "close frame of one byte"}
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if !sendable(code) {
		return CloseError{ws.StatusProtocolError, "close code that must not be sent"}
	}
	if !utf8.ValidString(reason) {
		return CloseError{ws.StatusInvalidFramePayloadData, "close reason is not UTF-8"}
	}
	return CloseError{code, reason}
}
