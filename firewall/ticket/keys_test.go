package ticket_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/ticket"
)

// A signer is a pair of keys; of a secret both are the same.
type signer struct {
	private, public any
}

var signers = sync.OnceValue(func() map[string]signer {
	rsaKey, err1 := rsa.GenerateKey(rand.Reader, 2048)
	p256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, err3 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	public, private, err4 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		panic(err)
	}
	long := []byte(strings.Repeat("s", 64))
	return map[string]signer{
		"HS256": {long, long}, "HS512": {long, long},
		"RS256": {rsaKey, &rsaKey.PublicKey}, "PS256": {rsaKey, &rsaKey.PublicKey},
		"ES256": {p256, &p256.PublicKey}, "ES384": {p384, &p384.PublicKey},
		"EdDSA": {private, public},
	}
})

// A ticket counts only if it is signed with an algorithm that is configured, and
// with a key for it.
func TestAlgorithms(t *testing.T) {
	for configured, trusted := range signers() {
		a := open(t, ticket.Options{Algorithms: []string{configured}, Keys: []any{trusted.public}})
		for used, s := range signers() {
			want := firewall.ReasonCredentials
			if used == configured {
				want = ""
			}
			if _, got := ask(t, a, sign(t, used, s.private, claims())); got != want {
				t.Errorf("configured for %s, signed with %s: %q; want %q", configured, used, got, want)
			}
		}
	}
}

func TestForged(t *testing.T) {
	rsaKey := signers()["RS256"].public.(*rsa.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	file := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	good := sign(t, "HS256", secret, claims())
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	unsigned := sign(t, "none", jwt.UnsafeAllowNoneSignatureType, claims())
	other := sign(t, "HS256", secret, claims("sub", "bob"))
	critical := jwt.NewWithClaims(jwt.SigningMethodHS256, claims())
	critical.Header["crit"] = []string{"exp"}
	crit, err := critical.SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	both := open(t, ticket.Options{Algorithms: []string{"HS256", "RS256"}, Keys: []any{secret, rsaKey}})
	only := open(t, ticket.Options{Algorithms: []string{"RS256"}, Keys: []any{rsaKey}})
	for name, token := range map[string]string{
		"none":                               unsigned,
		"none in capitals":                   strings.Replace(unsigned, unsigned[:strings.IndexByte(unsigned, '.')], "eyJhbGciOiJOT05FIn0", 1),
		"no signature":                       head + "." + body + ".",
		"two parts":                          head + "." + body,
		"four parts":                         good + ".x",
		"the signature of another":           head + "." + body + "." + other[strings.LastIndexByte(other, '.')+1:],
		"the claims of another":              head + "." + strings.Split(other, ".")[1] + "." + signature,
		"a changed letter":                   head + "." + body + "." + flip(signature),
		"padding":                            good + "=",
		"another key":                        sign(t, "HS256", []byte(strings.Repeat("x", 32)), claims()),
		"the public key's file as secret":    sign(t, "HS256", file, claims()),
		"the public key's bytes as secret":   sign(t, "HS256", der, claims()),
		"the public key's modulus as secret": sign(t, "HS256", rsaKey.N.Bytes(), claims()),
		"critical extensions":                crit,
		"no JSON":                            "e30.e30.e30",
		"a list":                             "W10.W10.",
		"null":                               "bnVsbA.bnVsbA.",
		"dots":                               "..",
		"not base64":                         "!.!.!",
		"text":                               "hello",
		"long":                               good + strings.Repeat("A", 8<<10),
	} {
		for _, a := range []*ticket.Authenticator{both, only} {
			if id, got := ask(t, a, token); got != firewall.ReasonCredentials {
				t.Errorf("%s: %v, %q", name, id, got)
			}
		}
	}
}

// flip changes the last letter of a signature in a bit that counts, or not.
func flip(signature string) string {
	last := signature[len(signature)-1]
	if last++; last == 'Z'+1 || last == 'z'+1 || last == '9'+1 {
		last -= 2
	}
	return signature[:len(signature)-1] + string(last)
}

func TestRotation(t *testing.T) {
	old, fresh := []byte(strings.Repeat("o", 32)), []byte(strings.Repeat("f", 40))
	a := open(t, ticket.Options{Keys: []any{fresh, old}})
	for _, key := range [][]byte{old, fresh} {
		if _, reason := ask(t, a, sign(t, "HS256", key, claims())); reason != "" {
			t.Errorf("%c: %q", key[0], reason)
		}
	}
}

func TestKeyfunc(t *testing.T) {
	public := signers()["EdDSA"].public
	a := open(t, ticket.Options{Algorithms: []string{"EdDSA"}, Keyfunc: func(t *jwt.Token) (any, error) {
		switch t.Header["kid"] {
		case "1":
			return public, nil
		case "2":
			return nil, firewall.Refuse(firewall.ReasonUnavailable, nil)
		}
		return nil, errors.New("no such key")
	}})
	for kid, want := range map[string]firewall.Reason{"1": "", "2": firewall.ReasonUnavailable, "3": firewall.ReasonCredentials} {
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims())
		token.Header["kid"] = kid
		signed, err := token.SignedString(signers()["EdDSA"].private)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := ask(t, a, signed); got != want {
			t.Errorf("key %s: %q; want %q", kid, got, want)
		}
	}
}

// The algorithm is for Options to say, whatever key the function finds.
func TestKeyfuncAlgorithm(t *testing.T) {
	long := signers()["HS512"].private
	a := open(t, ticket.Options{Algorithms: []string{"HS512"}, Keyfunc: func(*jwt.Token) (any, error) { return long, nil }})
	for used, want := range map[string]firewall.Reason{"HS512": "", "HS256": firewall.ReasonCredentials} {
		if _, got := ask(t, a, sign(t, used, long, claims())); got != want {
			t.Errorf("signed with %s: %q; want %q", used, got, want)
		}
	}
}

func TestNew(t *testing.T) {
	weak := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	rsaKey := signers()["RS256"].public
	file := []byte("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")
	find := func(*jwt.Token) (any, error) { return nil, nil }
	hs, rs := []string{"HS256"}, []string{"RS256"}
	for name, opts := range map[string]*ticket.Options{
		"nil":                    nil,
		"no algorithm":           {Keys: []any{secret}, Audience: "x"},
		"none":                   {Algorithms: []string{"none"}, Keys: []any{jwt.UnsafeAllowNoneSignatureType}, Audience: "x"},
		"unknown algorithm":      {Algorithms: []string{"hs256"}, Keys: []any{secret}, Audience: "x"},
		"no key":                 {Algorithms: hs, Audience: "x"},
		"keys and a function":    {Algorithms: hs, Keys: []any{secret}, Keyfunc: find, Audience: "x"},
		"no audience":            {Algorithms: hs, Keys: []any{secret}},
		"short secret":           {Algorithms: hs, Keys: []any{secret[:31]}, Audience: "x"},
		"secret of HS256":        {Algorithms: []string{"HS512"}, Keys: []any{secret}, Audience: "x"},
		"secret as a string":     {Algorithms: hs, Keys: []any{string(secret)}, Audience: "x"},
		"public key as a secret": {Algorithms: hs, Keys: []any{file}, Audience: "x"},
		"no key for RS256":       {Algorithms: []string{"HS256", "RS256"}, Keys: []any{secret}, Audience: "x"},
		"a key in vain":          {Algorithms: hs, Keys: []any{secret, rsaKey}, Audience: "x"},
		"short RSA key":          {Algorithms: rs, Keys: []any{weak}, Audience: "x"},
		"private RSA key":        {Algorithms: rs, Keys: []any{signers()["RS256"].private}, Audience: "x"},
		"nil RSA key":            {Algorithms: rs, Keys: []any{(*rsa.PublicKey)(nil)}, Audience: "x"},
		"empty RSA key":          {Algorithms: rs, Keys: []any{&rsa.PublicKey{}}, Audience: "x"},
		"nil key":                {Algorithms: rs, Keys: []any{nil}, Audience: "x"},
		"another curve":          {Algorithms: []string{"ES256"}, Keys: []any{signers()["ES384"].public}, Audience: "x"},
		"short Ed25519 key":      {Algorithms: []string{"EdDSA"}, Keys: []any{ed25519.PublicKey("x")}, Audience: "x"},
		"negative age":           {Algorithms: hs, Keys: []any{secret}, Audience: "x", MaxAge: -1},
		"negative time":          {Algorithms: hs, Keys: []any{secret}, Audience: "x", Lasts: -1},
	} {
		a, err := ticket.New(opts)
		if err == nil || a != nil || !strings.HasPrefix(err.Error(), "ticket: ") {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), string(secret[:31])) {
			t.Errorf("%s: the error quotes the secret", name)
		}
	}
	if !crypto.SHA512.Available() || !crypto.SHA384.Available() {
		t.Error("the hashes are not linked")
	}
}
