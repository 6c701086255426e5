package laravelsession

import (
	"bytes"
	"encoding/base64"
	"errors"

	"github.com/rollcall-go/rollcall/session/expresssession"
	"github.com/rollcall-go/rollcall/session/php"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

var (
	errFormat    = errors.New("laravelsession: the session is neither serialized by PHP nor JSON")
	errEncrypted = errors.New("laravelsession: the session is encrypted: set session.Options.Unwrap to Encrypter.Unwrap")
)

// Decode returns the values of a session, for [session.Options].Decode. It knows
// what the drivers make of it: base64 in a table, a serialized string in Redis;
// and both of SESSION_SERIALIZATION. The values are those of php.DecodeSerialize,
// or of expresssession.Decode for JSON.
func Decode(data []byte) (map[string]any, error) {
	payload, err := unpack(data)
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(payload, []byte("a:")):
		return php.DecodeSerialize(payload)
	case bytes.Equal(payload, []byte("[]")): // PHP's JSON of an array without keys
		return map[string]any{}, nil
	case bytes.HasPrefix(payload, []byte("{")):
		values, err := expresssession.Decode(payload)
		if err != nil {
			return nil, errFormat
		}
		if values["iv"] != nil && values["value"] != nil && values["mac"] != nil {
			return nil, errEncrypted
		}
		return values, nil
	}
	return nil, errFormat
}

// unpack undoes what the driver has done. The result is what the session is
// written as: PHP's format, JSON, or an encrypter's envelope in base64.
func unpack(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("s:")) {
		return text(data) // Illuminate\Cache\RedisStore
	}
	if raw, ok := unbase64(data); ok {
		// Illuminate\Session\DatabaseSessionHandler; but an envelope is in base64
		// as it is.
		if !bytes.HasPrefix(raw, []byte(`{"iv":`)) {
			return raw, nil
		}
	}
	return data, nil
}

// text returns the bytes of a string that PHP has serialized.
func text(data []byte) ([]byte, error) {
	value, err := phpserialize.Parse(data)
	b, ok := value.Bytes()
	if err != nil || !ok {
		return nil, errFormat
	}
	return b, nil
}

// unbase64 is not ok for anything that PHP or JSON writes of an array, for that
// has a colon or a bracket.
func unbase64(data []byte) ([]byte, bool) {
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	n, err := base64.StdEncoding.Decode(raw, data)
	return raw[:n], err == nil && n > 0
}
