package php

import (
	"bytes"
	"errors"
)

// Decode decodes a session of any handler but msgpack. The first of these rules
// that fits decides, and what the rules look at is never a visitor's doing, but
// the name of the session's first variable and what PHP puts before it. So a
// value that a visitor chose cannot make one handler's session another's. What
// does not decode by then is an error, and is tried no other way.
//
//	nothing                          an empty session
//	00 00 00                         igbinary
//	a:<digits>:{                     php_serialize
//	a byte below 20                  php_binary: a name of less than 32 bytes
//	a byte n below 80, n bytes with  php_binary: a longer name
//	no | in them, and what a value
//	begins with
//	80 to 9f, or dc to df and        msgpack
//	a byte below 20
//	anything else                    php
//
// A website whose first variable has a name that looks like another handler's
// beginning, such as "a:1:{" or a control character, needs the function of its
// handler.
func Decode(data []byte) (map[string]any, error) {
	switch {
	case len(data) == 0:
		return map[string]any{}, nil
	case bytes.HasPrefix(data, []byte{0, 0, 0}):
		return DecodeIgbinary(data)
	case isSerialize(data):
		return DecodeSerialize(data)
	case isBinary(data):
		return DecodeBinary(data)
	case isMsgpack(data):
		return nil, errMsgpack
	}
	return DecodePHP(data)
}

var errMsgpack = errors.New("php: the session is encoded as msgpack, which is not read: set PHP's session.serialize_handler to php_serialize or igbinary")

func isSerialize(data []byte) bool {
	count, ok := bytes.CutPrefix(data, []byte("a:"))
	after := bytes.TrimLeft(count[:min(len(count), maxDigits)], "0123456789")
	return ok && len(after) < len(count) && bytes.HasPrefix(after, []byte(":{"))
}

const maxDigits = 16

func isBinary(data []byte) bool {
	n := int(data[0])
	if n < 0x20 {
		return true
	}
	if n >= 0x80 || len(data) < 1+n+2 {
		return false
	}
	name, value := data[1:1+n], data[1+n:]
	return bytes.IndexByte(name, '|') < 0 && isValue(value)
}

// isValue reports whether data begins as values do: N; or i:5
func isValue(data []byte) bool {
	if data[0] == 'N' {
		return data[1] == ';'
	}
	return bytes.IndexByte([]byte("bidsaOCErR"), data[0]) >= 0 && data[1] == ':'
}

// isMsgpack reports whether data begins as a map or an array does in msgpack. No
// character in UTF-8 begins like this.
func isMsgpack(data []byte) bool {
	b := data[0]
	return 0x80 <= b && b <= 0x9f || 0xdc <= b && b <= 0xdf && len(data) > 1 && data[1] < 0x20
}
