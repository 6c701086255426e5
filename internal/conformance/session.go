package conformance

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// A session is the client's end of one connection, after the handshake. One
// goroutine reads; all else belongs to the one that runs the case.
type session struct {
	conn    net.Conn
	o       Options
	deflate *deflate // nil if no compression was negotiated

	mismatch error // between what was offered and what was negotiated

	in   chan event    // from the reader, which closes it at the end of the stream
	done chan struct{} // ends the reader, together with conn.Close

	stopping sync.Once

	// What the reader found out: violation and end, after in is closed; the code
	// of a Close frame before, as it comes as an event, too.
	violation string
	end       error

	chops    chops
	out      []byte // not yet written
	received []event

	sentClose   bool
	closedFirst bool // the client sent its Close frame before the server did
	closeCode   int  // nothingReceived until the server's Close frame is here
	ended       bool // so is the end of the stream
}

// chops is how the bytes that are sent are cut into writes: after so many bytes,
// after each frame, or only when the client waits.
type chops int

const (
	whole     chops = 0
	frameWise chops = -1
	octetWise chops = 1
)

// closeFrame is the kind of the event that the reader makes of a Close frame. It
// does not reach received.
const closeFrame = "close"

// newSession takes over conn, from which r may hold bytes already.
func newSession(conn net.Conn, r *bufio.Reader, d *deflate, o Options) *session {
	s := &session{
		conn:      conn,
		o:         o,
		deflate:   d,
		in:        make(chan event, 64),
		done:      make(chan struct{}),
		closeCode: nothingReceived,
	}
	go s.read(r)
	return s
}

// stop ends the reader. It may be called again.
func (s *session) stop() {
	s.stopping.Do(func() { close(s.done) })
	s.conn.Close()
	for range s.in {
	}
}

// send sends frames, cut as s.chops says.
func (s *session) send(frames ...frame) {
	for _, f := range frames {
		var key [4]byte
		binary.LittleEndian.PutUint32(key[:], rand.Uint32())
		s.out = f.encode(s.out, key)
		if s.chops != whole {
			s.flush()
		}
	}
}

// flush writes what send has left. A failure to write is not the client's
// concern: what the server does, is seen by reading.
func (s *session) flush() {
	s.conn.SetWriteDeadline(time.Now().Add(massWait))
	write(s.conn, s.out, s.chops)
	s.out = s.out[:0]
}

// write writes b in pieces. TCP may join them again; it is less likely to if there
// is a short pause after each.
func write(conn net.Conn, b []byte, size chops) {
	if size <= 0 {
		size = chops(max(len(b), 1))
	}
	slowly := len(b)/int(size) < 1000
	for len(b) > 0 {
		n := min(len(b), int(size))
		if _, err := conn.Write(b[:n]); err != nil {
			return
		}
		if b = b[n:]; slowly && len(b) > 0 {
			time.Sleep(20 * time.Microsecond)
		}
	}
}

// sendClose sends the client's Close frame with a code.
func (s *session) sendClose(code int) {
	s.noteClose()
	s.send(closing(code, ""))
	s.flush()
}

// noteClose notes that the frame that is sent next is the client's Close frame.
func (s *session) noteClose() {
	s.sentClose = true
	s.closedFirst = s.open()
}

// await takes what the server sends until enough reports true, the server closes
// the connection, or nothing has come for a time. It reports whether enough did.
func (s *session) await(quiet time.Duration, enough func() bool) bool {
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		if enough() {
			return true
		}
		if !s.open() {
			return false
		}
		select {
		case e, open := <-s.in:
			s.take(e, open)
			timer.Reset(quiet)
		case <-timer.C:
			return false
		}
	}
}

func (s *session) take(e event, open bool) {
	switch {
	case !open:
		s.ended = true
	case e.kind == closeFrame:
		s.closeCode = closeCodeOf(e.payload)
		if !s.sentClose {
			s.sendClose(max(s.closeCode, normal))
		}
	default:
		s.received = append(s.received, e)
	}
}

// finish closes the connection, if nobody has yet, and takes what comes until the
// end of the stream. After it the fields that the reader writes may be read.
func (s *session) finish() {
	s.flush()
	if s.open() && !s.sentClose {
		s.sendClose(normal)
	}
	defer s.stop()
	for timer := time.NewTimer(s.o.Wait); !s.ended; {
		select {
		case e, open := <-s.in:
			s.take(e, open)
		case <-timer.C:
			return
		}
	}
}

// open reports whether the server has not ended the connection.
func (s *session) open() bool { return !s.ended && s.closeCode == nothingReceived }

// clean reports whether the stream ended as it should, with no reset.
func (s *session) clean() bool {
	return errors.Is(s.end, io.EOF)
}

// pause writes what is left and waits until the server closes the connection, at
// most for a time. If it does not, that is an event, and the client may go on.
func (s *session) pause(atMost time.Duration, label string) (open bool) {
	s.flush()
	s.await(atMost, func() bool { return false })
	if !s.open() {
		return false
	}
	s.received = append(s.received, event{silence, label})
	return true
}

// receive returns the next event, for cases that talk.
func (s *session) receive(wait time.Duration) (event, error) {
	s.flush()
	if !s.await(wait, func() bool { return len(s.received) > 0 }) {
		if !s.open() {
			return event{}, errors.New("the server ended the connection")
		}
		return event{}, errors.New("no answer in time")
	}
	e := s.received[0]
	s.received = s.received[1:]
	return e, nil
}

func closeCodeOf(payload string) int {
	if len(payload) < 2 {
		return noCode
	}
	return int(payload[0])<<8 | int(payload[1])
}
