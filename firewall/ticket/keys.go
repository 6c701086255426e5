package ticket

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// An algorithm is what RFC 7518 and RFC 8037 ask of the keys of one.
type algorithm struct {
	wants string
	fits  func(key any) bool
}

var algorithms = map[string]algorithm{
	"HS256": secret(32), "HS384": secret(48), "HS512": secret(64),
	"RS256": rsaKey, "RS384": rsaKey, "RS512": rsaKey,
	"PS256": rsaKey, "PS384": rsaKey, "PS512": rsaKey,
	"ES256": curve(elliptic.P256()), "ES384": curve(elliptic.P384()), "ES512": curve(elliptic.P521()),
	"EdDSA": {"an ed25519.PublicKey", func(key any) bool {
		k, ok := key.(ed25519.PublicKey)
		return ok && len(k) == ed25519.PublicKeySize
	}},
}

var rsaKey = algorithm{"an *rsa.PublicKey of at least 2048 bits", func(key any) bool {
	k, ok := key.(*rsa.PublicKey)
	return ok && k != nil && k.N != nil && k.N.BitLen() >= 2048
}}

// secret is HMAC with a key of at least min bytes. A public key in a file's form
// is no secret: whoever reads it could sign.
func secret(min int) algorithm {
	return algorithm{fmt.Sprintf("a []byte of at least %d bytes, which is secret", min), func(key any) bool {
		k, ok := key.([]byte)
		return ok && len(k) >= min && !bytes.Contains(k, []byte("-----BEGIN"))
	}}
}

func curve(c elliptic.Curve) algorithm {
	return algorithm{"an *ecdsa.PublicKey on the curve " + c.Params().Name, func(key any) bool {
		k, ok := key.(*ecdsa.PublicKey)
		return ok && k != nil && k.Curve == c
	}}
}

// keys are the keys of each algorithm.
type keys map[string][]jwt.VerificationKey

// find implements [jwt.Keyfunc].
func (k keys) find(t *jwt.Token) (any, error) {
	return jwt.VerificationKeySet{Keys: k[t.Method.Alg()]}, nil
}

// checkKeys returns the keys by their algorithms. Each algorithm must have one
// and each key must be of one, so that nothing is configured in vain.
func checkKeys(opts *Options) (keys, error) {
	if len(opts.Algorithms) == 0 {
		return nil, errors.New(`ticket: Options.Algorithms is empty: say what the website signs with, such as "HS256"`)
	}
	if (len(opts.Keys) > 0) == (opts.Keyfunc != nil) {
		return nil, errors.New("ticket: set either Options.Keys or Options.Keyfunc")
	}
	found := make(keys)
	used := make([]bool, len(opts.Keys))
	for _, name := range opts.Algorithms {
		algorithm, ok := algorithms[name]
		if !ok || jwt.GetSigningMethod(name) == nil {
			return nil, fmt.Errorf("ticket: there is no algorithm %.20q for tickets", name)
		}
		for i, key := range opts.Keys {
			if algorithm.fits(key) {
				found[name] = append(found[name], key)
				used[i] = true
			}
		}
		if found[name] == nil && opts.Keyfunc == nil {
			return nil, fmt.Errorf("ticket: none of Options.Keys is for %s, which takes %s", name, algorithm.wants)
		}
	}
	if i := slices.Index(used, false); i >= 0 {
		return nil, fmt.Errorf("ticket: Options.Keys[%d], a %T, is too short for, or not of, any of Options.Algorithms %q", i, opts.Keys[i], opts.Algorithms)
	}
	return found, nil
}
