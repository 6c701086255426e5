package laravelsession

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/session"
)

var (
	errEnvelope = errors.New("laravelsession: it is not sealed by Laravel's encrypter, or with another cipher")
	errKey      = errors.New("laravelsession: no key fits: the website has another APP_KEY")
	errName     = errors.New("laravelsession: it was sealed for a cookie of another name")
	errID       = errors.New("laravelsession: it holds no session id")
)

// An envelope is what Encrypter::encrypt makes, in JSON in base64. All are base64,
// but for the MAC, which is hexadecimal.
type envelope struct{ IV, Value, MAC, Tag string }

// open returns what is sealed. Nothing is decrypted that is not authentic.
func (e *Encrypter) open(sealed []byte) ([]byte, error) {
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(sealed)))
	n, err := base64.StdEncoding.Decode(raw, sealed)
	if err != nil {
		return nil, errEnvelope
	}
	var env envelope
	if err := json.Unmarshal(raw[:n], &env); err != nil {
		return nil, errEnvelope
	}
	iv, err1 := base64.StdEncoding.DecodeString(env.IV)
	value, err2 := base64.StdEncoding.DecodeString(env.Value)
	tag, err3 := base64.StdEncoding.DecodeString(env.Tag)
	if err1 != nil || err2 != nil || err3 != nil {
		return nil, errEnvelope
	}
	if e.gcm {
		return e.openGCM(iv, value, tag)
	}
	if len(iv) != aes.BlockSize || len(value) == 0 || len(value)%aes.BlockSize != 0 || len(tag) != 0 {
		return nil, errEnvelope
	}
	for _, key := range e.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(env.IV + env.Value))
		if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(env.MAC)) == 1 {
			return openCBC(key, iv, value)
		}
	}
	return nil, errKey
}

func openCBC(key, iv, value []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errKey
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(value, value)
	// PKCS #7: RFC 5652, section 6.3.
	pad := int(value[len(value)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, errEnvelope
	}
	for _, b := range value[len(value)-pad:] {
		if int(b) != pad {
			return nil, errEnvelope
		}
	}
	return value[:len(value)-pad], nil
}

func (e *Encrypter) openGCM(iv, value, tag []byte) ([]byte, error) {
	const ivLen, tagLen = 12, 16
	if len(iv) != ivLen || len(tag) != tagLen {
		return nil, errEnvelope
	}
	for _, key := range e.keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, errKey
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			return nil, errKey
		}
		if plain, err := gcm.Open(nil, iv, append(value[:len(value):len(value)], tag...), nil); err == nil {
			return plain, nil
		}
	}
	return nil, errKey
}

// idLen is the length of an id: Illuminate\Session\Store::isValidId.
const idLen = 40

// id returns the id in an opened cookie. Before it is an HMAC of the cookie's name,
// so that the value of another cookie, which may be a visitor's own text, is not
// taken for a session's id: Illuminate\Cookie\CookieValuePrefix.
func (e *Encrypter) id(name, plain string) (string, error) {
	prefix, id, ok := strings.Cut(plain, "|")
	if !ok || !e.sealedFor(name, prefix) {
		return "", fmt.Errorf("%w: %w", errName, session.ErrBadCookie)
	}
	if !validID(id) {
		return "", fmt.Errorf("%w: %w", errID, session.ErrBadCookie)
	}
	return id, nil
}

func validID(id string) bool {
	if len(id) != idLen {
		return false
	}
	for i := range len(id) {
		switch b := id[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		default:
			return false
		}
	}
	return true
}

func (e *Encrypter) sealedFor(name, prefix string) bool {
	for _, key := range e.keys {
		mac := hmac.New(sha1.New, key)
		mac.Write([]byte(name + "v2"))
		if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(prefix)) == 1 {
			return true
		}
	}
	return false
}
