package conformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
)

// deflate is the client's half of permessage-deflate: RFC 7692, section 7.2. The
// reader of a session inflates, and the one that runs the case deflates; they
// share nothing but the parameters.
type deflate struct {
	deflateParams

	out    bytes.Buffer
	writer *flate.Writer

	reader  io.ReadCloser
	history []byte // what the server may refer back to
}

func newDeflate(p deflateParams) *deflate { return &deflate{deflateParams: p} }

// tail ends a message, and is not sent: section 7.2.1.
const tail = "\x00\x00\xff\xff"

// compress returns the payload for a message.
func (d *deflate) compress(message string) string {
	d.out.Reset()
	if d.writer == nil {
		d.writer, _ = flate.NewWriter(&d.out, flate.BestSpeed)
	} else if d.clientNoTakeover {
		d.writer.Reset(&d.out)
	}
	if d.clientBits == 15 {
		io.WriteString(d.writer, message)
		d.writer.Flush()
	} else {
		d.compressInBlocks(message)
	}
	return string(bytes.TrimSuffix(d.out.Bytes(), []byte(tail)))
}

// compressInBlocks keeps a window smaller than that of compress/flate: no block
// refers to another.
func (d *deflate) compressInBlocks(message string) {
	for rest := message; ; {
		n := min(len(rest), 1<<d.clientBits)
		d.writer.Reset(&d.out)
		io.WriteString(d.writer, rest[:n])
		d.writer.Flush()
		if rest = rest[n:]; rest == "" {
			return
		}
	}
}

// decompress returns the message of a payload. It fails if the server refers to
// what is outside its window, or, if it promised so, to messages before.
func (d *deflate) decompress(payload []byte) ([]byte, error) {
	var message []byte
	var err error
	if d.serverBits == 15 {
		message, err = d.inflate(payload)
	} else {
		message, err = inflateWithin(1<<d.serverBits, d.history, append(payload, tail...))
	}
	if err != nil || d.serverNoTakeover {
		return message, err
	}
	d.history = append(d.history, message...)
	if window := 1 << d.serverBits; len(d.history) > window {
		d.history = append(d.history[:0], d.history[len(d.history)-window:]...)
	}
	return message, nil
}

// lastBlock is empty and tells compress/flate that the stream ends.
const lastBlock = "\x01\x00\x00\xff\xff"

// inflate does with compress/flate what inflateWithin does.
func (d *deflate) inflate(payload []byte) ([]byte, error) {
	src := bytes.NewReader(append(payload, tail+lastBlock...))
	if d.reader == nil {
		d.reader = flate.NewReaderDict(src, d.history)
	} else if err := d.reader.(flate.Resetter).Reset(src, d.history); err != nil {
		return nil, fmt.Errorf("reset the inflater: %w", err)
	}
	var message bytes.Buffer
	n, err := io.Copy(&message, io.LimitReader(d.reader, maxFrame+1))
	switch {
	case err != nil:
		return nil, err
	case n > maxFrame:
		return nil, errors.New("the message is too long")
	default:
		return message.Bytes(), nil
	}
}
