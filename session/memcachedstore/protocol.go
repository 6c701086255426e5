package memcachedstore

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
)

// An item is what memcached keeps under a key.
type item struct {
	flags uint32
	data  []byte
	size  int // that of data, which is nil if it was too long to be fetched
}

// An answerError says what is wrong with an answer. It does not quote it, for it
// may be a key.
type answerError string

func (e answerError) Error() string { return string(e) }

const errProtocol answerError = "the server does not answer as memcached does"

// ask sends the command that reads keys: memcached, doc/protocol.txt,
// "Retrieval command".
func ask(w io.Writer, keys []string) error {
	b := make([]byte, 0, 64*(len(keys)+1))
	b = append(b, "get"...)
	for _, key := range keys {
		b = append(append(b, ' '), key...)
	}
	_, err := w.Write(append(b, "\r\n"...))
	return err
}

// listen reads the answer to ask, and gives got each item that there is. Of an
// item longer than max it gets the size. wanted are the keys that were asked for,
// from which listen removes those that have come: the server sends no others and
// none twice, so that its answer has an end.
func listen(r *bufio.Reader, wanted map[string]bool, max int, got func(key string, it item)) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err // also if the line is longer than the buffer
		}
		line = bytes.TrimRight(line, "\r\n")
		if string(line) == "END" {
			return nil
		}
		key, it, err := parseValue(line)
		if err != nil {
			return err
		}
		if !wanted[key] {
			return errProtocol
		}
		delete(wanted, key)
		if it.data, err = body(r, it.size, max); err != nil {
			return err
		}
		got(key, it)
	}
}

// parseValue reads "VALUE key flags bytes".
func parseValue(line []byte) (key string, it item, err error) {
	fields := bytes.Fields(line)
	if len(fields) < 4 || string(fields[0]) != "VALUE" {
		return "", item{}, refusal(line)
	}
	flags, err := strconv.ParseUint(string(fields[2]), 10, 32)
	if err != nil {
		return "", item{}, errProtocol
	}
	size, err := strconv.ParseUint(string(fields[3]), 10, 31)
	if err != nil {
		return "", item{}, errProtocol
	}
	return string(fields[1]), item{flags: uint32(flags), size: int(size)}, nil
}

// body reads the data of an item, or skips it.
func body(r *bufio.Reader, size, max int) (data []byte, err error) {
	if size > max {
		_, err = r.Discard(size)
	} else {
		data = make([]byte, size)
		_, err = io.ReadFull(r, data)
	}
	if err != nil {
		return nil, err
	}
	var end [2]byte
	if _, err := io.ReadFull(r, end[:]); err != nil {
		return nil, err
	}
	if string(end[:]) != "\r\n" {
		return nil, errProtocol
	}
	return data, nil
}

// refusal makes an error of a line that is no item: doc/protocol.txt, "Error
// strings".
func refusal(line []byte) error {
	if bytes.Contains(line, []byte("unauthenticated")) {
		return answerError("the server wants a password, which this package cannot give")
	}
	for _, word := range []string{"ERROR", "CLIENT_ERROR", "SERVER_ERROR"} {
		if first, _, _ := bytes.Cut(line, []byte(" ")); string(first) == word {
			return answerError("the server answers " + word)
		}
	}
	return errProtocol
}
