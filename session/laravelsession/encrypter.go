package laravelsession

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/session"
)

// An Encrypter opens what the website's encrypter has sealed. It may be used
// concurrently.
type Encrypter struct {
	gcm  bool
	keys [][]byte
}

// ciphers are those of Illuminate\Encryption\Encrypter.
var ciphers = map[string]struct {
	size int
	gcm  bool
}{
	"aes-128-cbc": {16, false}, "aes-256-cbc": {32, false},
	"aes-128-gcm": {16, true}, "aes-256-gcm": {32, true},
}

// NewEncrypter returns an encrypter for the website's cipher in config/app.php,
// "AES-256-CBC" if it is "", and its keys: APP_KEY, then those of
// APP_PREVIOUS_KEYS. A key is of the form "base64:..." or the bytes themselves. An
// empty one after the first is left out.
func NewEncrypter(cipher string, keys ...string) (*Encrypter, error) {
	if cipher == "" {
		cipher = "AES-256-CBC"
	}
	kind, ok := ciphers[strings.ToLower(cipher)]
	if !ok {
		return nil, fmt.Errorf("laravelsession: there is no cipher %.20q: it is the cipher in the website's config/app.php", cipher)
	}
	if len(keys) == 0 || keys[0] == "" {
		return nil, errors.New("laravelsession: there is no key: it is the website's APP_KEY")
	}
	e := &Encrypter{gcm: kind.gcm}
	for i, text := range keys {
		if text == "" {
			continue
		}
		key := []byte(text)
		if encoded, ok := strings.CutPrefix(text, "base64:"); ok {
			var err error
			if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
				return nil, fmt.Errorf("laravelsession: key %d is not base64", i+1)
			}
		}
		if len(key) != kind.size {
			return nil, fmt.Errorf("laravelsession: key %d has %d bytes, but %s takes %d", i+1, len(key), cipher, kind.size)
		}
		e.keys = append(e.keys, key)
	}
	return e, nil
}

// Cookie returns the cookie of a website whose config/session.php calls it name.
// That is the application's name with "_session" after it, or "-session" in newer
// applications, unless SESSION_COOKIE is set.
//
// The name of the cookie is sealed in with the id, as Laravel does since 2020 (in
// 6 and 7, and in all later versions); without it a cookie is malformed.
func (e *Encrypter) Cookie(name string) session.Cookie {
	return session.Cookie{Name: name, MaxLen: maxCookie, Decode: func(value string) (string, error) {
		plain, err := e.open([]byte(value))
		if err != nil {
			return "", fmt.Errorf("%w: %w", err, session.ErrBadCookie)
		}
		return e.id(name, string(plain))
	}}
}

// maxCookie bounds the value of a cookie, which has about 350 bytes.
const maxCookie = 1024

// Unwrap opens a session of a website with SESSION_ENCRYPT, for
// [session.Options].Unwrap beside [Decode]. One that is not encrypted is an error.
func (e *Encrypter) Unwrap(data []byte, _ int) ([]byte, error) {
	sealed, err := unpack(data)
	if err != nil {
		return nil, err
	}
	return e.open(sealed) // a serialized string, as in Redis
}
