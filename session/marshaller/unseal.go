package marshaller

import (
	"errors"
	"fmt"

	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/nacl/box"
)

// keyPairLen is SODIUM_CRYPTO_BOX_KEYPAIRBYTES.
const keyPairLen = 64

// A keyPair is what sodium_crypto_box_keypair() returns: the secret key, then
// the public one.
type keyPair struct{ secret, public [32]byte }

// Unseal returns a function that undoes what Symfony's SodiumMarshaller does to a
// session. The function is for session.Options.Unwrap and may be used
// concurrently. The keys are the website's decryption keys, as
// sodium_crypto_box_keypair() made them: 64 bytes, not their base64 or
// hexadecimal form. Of several keys, those that are tried first should come
// first.
//
// Unlike SodiumMarshaller, the function does not take a session as it is if none
// of the keys opens it, which is an error: a wrong key would show nowhere else.
// If the website compresses sessions too, as with a DeflateMarshaller within the
// SodiumMarshaller, [Inflate] comes after it.
func Unseal(keys ...[]byte) (func(data []byte, max int) ([]byte, error), error) {
	if len(keys) == 0 {
		return nil, errors.New("marshaller: there is no key to unseal sessions with")
	}
	pairs := make([]keyPair, len(keys))
	for i, key := range keys {
		if err := pairs[i].set(key); err != nil {
			return nil, fmt.Errorf("marshaller: key %d of %d to unseal sessions with: %w", i+1, len(keys), err)
		}
	}
	return func(data []byte, max int) ([]byte, error) { return unseal(pairs, data, max) }, nil
}

func (p *keyPair) set(key []byte) error {
	if len(key) != keyPairLen {
		return fmt.Errorf("it has %d bytes, and a key pair has %d: decode its base64 or hexadecimal form", len(key), keyPairLen)
	}
	copy(p.secret[:], key)
	copy(p.public[:], key[len(p.secret):])
	public, err := curve25519.X25519(p.secret[:], curve25519.Basepoint)
	if err != nil || string(public) != string(p.public[:]) {
		return errors.New("its second half is not the public key of its first: it is not what sodium_crypto_box_keypair() returned")
	}
	return nil
}

func unseal(pairs []keyPair, data []byte, max int) ([]byte, error) {
	if err := tooLong(len(data)-box.AnonymousOverhead, max); err != nil {
		return nil, err
	}
	for i := range pairs {
		if opened, ok := box.OpenAnonymous(nil, data, &pairs[i].public, &pairs[i].secret); ok {
			return opened, nil
		}
	}
	return nil, errors.New("marshaller: none of the keys unseals the session")
}
