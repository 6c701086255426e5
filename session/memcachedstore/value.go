package memcachedstore

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/rollcall-go/rollcall/session"
)

// The flags that php-memcached stores with an item: php_memcached.c, "Payload
// value flags". The upper sixteen bits are the application's.
const (
	typeMask   = 0xf
	typeString = 0

	compressed = 1 << 4
	zlibbed    = 1 << 5
	fastLZed   = 1 << 6
	zstded     = 1 << 7
)

// types are the names of the types that are no strings.
var types = map[uint32]string{1: "an int", 2: "a float", 3: "a bool", 4: "serialized by PHP",
	5: "serialized by igbinary", 6: "serialized as JSON", 7: "serialized by msgpack"}

// content returns the bytes that the website gave php-memcached to store, at
// most max. Items of more than 2000 bytes are compressed by default.
func content(item item, max int) ([]byte, error) {
	if t := item.flags & typeMask; t != typeString {
		name := types[t]
		if name == "" {
			name = fmt.Sprintf("of type %d", t)
		}
		return nil, unreadable(fmt.Errorf("the item is no string, as sessions are, but %s", name))
	}
	if item.flags&compressed == 0 {
		return item.data, nil
	}
	// The length, then the stream: s_compress_value. It is written in the byte
	// order of the website's machine, and the big-endian ones are gone.
	if len(item.data) < 4 {
		return nil, unreadable(errors.New("the compressed item is too short"))
	}
	length := binary.LittleEndian.Uint32(item.data)
	if uint64(length) > uint64(max) {
		return nil, unreadable(fmt.Errorf("it has %d bytes when decompressed, and at most %d are allowed", length, max))
	}
	data, err := decompress(item.data[4:], item.flags, int(length))
	if err != nil {
		return nil, unreadable(err)
	}
	return data, nil
}

func decompress(stream []byte, flags uint32, length int) ([]byte, error) {
	switch {
	case flags&fastLZed != 0:
		return fastLZ(stream, length)
	case flags&zlibbed != 0:
		return inflate(stream, length)
	case flags&zstded != 0:
		return nil, errors.New("it is compressed by zstd: let the website have memcached.compression_type=fastlz or zlib")
	}
	return nil, fmt.Errorf("it is compressed in an unknown way, flags %#x", flags)
}

var errZlib = errors.New("its zlib stream is damaged")

// inflate decompresses a zlib stream of length bytes.
func inflate(stream []byte, length int) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(stream))
	if err != nil {
		return nil, errZlib
	}
	// One byte more than there should be shows that there are too many. The
	// buffer grows with what comes, for the length is only a claim.
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, int64(length)+1))
	if err != nil || n != int64(length) {
		return nil, errZlib
	}
	return b.Bytes(), nil
}

func unreadable(err error) error {
	return fmt.Errorf("memcachedstore: %w: %w", session.ErrUnreadable, err)
}
