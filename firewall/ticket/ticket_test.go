package ticket_test

import (
	"context"
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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/ticket"
)

const audience = "wss://live.example.com"

var secret = []byte(strings.Repeat("s", 32))

// claims are those of a good ticket, changed by the pairs of name and value. A
// nil value removes the claim.
func claims(changes ...any) jwt.MapClaims {
	now := time.Now()
	c := jwt.MapClaims{
		"sub": "alice", "roles": []string{"ROLE_USER", "ROLE_ADMIN"}, "aud": audience,
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for i := 0; i < len(changes); i += 2 {
		if c[changes[i].(string)] = changes[i+1]; changes[i+1] == nil {
			delete(c, changes[i].(string))
		}
	}
	return c
}

func sign(t testing.TB, algorithm string, key any, c jwt.MapClaims) string {
	t.Helper()
	s, err := jwt.NewWithClaims(jwt.GetSigningMethod(algorithm), c).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, opts ticket.Options) *ticket.Authenticator {
	t.Helper()
	if opts.Algorithms == nil {
		opts.Algorithms = []string{"HS256"}
	}
	if opts.Keys == nil && opts.Keyfunc == nil {
		opts.Keys = []any{secret}
	}
	if opts.Audience == "" && !opts.AnyAudience {
		opts.Audience = audience
	}
	a, err := ticket.New(&opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// ask presents a ticket in the query and returns who that is, or the reason why
// nobody.
func ask(t testing.TB, a *ticket.Authenticator, token string) (*firewall.Identity, firewall.Reason) {
	t.Helper()
	return send(t, a, &firewall.Request{URI: "/ws?a=b&ticket=" + token})
}

func send(t testing.TB, a *ticket.Authenticator, r *firewall.Request) (*firewall.Identity, firewall.Reason) {
	t.Helper()
	id, err := a.Authenticate(t.Context(), r)
	if err == nil {
		return id, ""
	}
	refusal, ok := errors.AsType[*firewall.Refusal](err)
	if !ok || id != nil {
		t.Fatalf("%v, %v", id, err)
	}
	for _, part := range strings.Split(r.URI, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part) {
			t.Fatalf("the error quotes the ticket: %v", err)
		}
	}
	return nil, refusal.Reason
}

func TestGood(t *testing.T) {
	c := claims()
	id, reason := ask(t, open(t, ticket.Options{}), sign(t, "HS256", secret, c))
	if reason != "" || id.User != "alice" || !slices.Equal(id.Roles, []string{"ROLE_USER", "ROLE_ADMIN"}) ||
		id.Anonymous || id.Expires.Unix() != c["exp"].(int64)+5 {
		t.Errorf("%+v, %q", id, reason)
	}
}

func TestClaims(t *testing.T) {
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	const ok, bad, late = firewall.Reason(""), firewall.ReasonCredentials, firewall.ReasonExpired
	for _, test := range []struct {
		name   string
		claims jwt.MapClaims
		want   firewall.Reason
	}{
		{"expired", claims("exp", at(-time.Hour)), late},
		{"expired within the leeway", claims("exp", at(-2*time.Second)), ok},
		{"no exp", claims("exp", nil), bad},
		{"exp null", claims("exp", jwt.MapClaims(nil)), bad},
		{"exp 0", claims("exp", 0), late},
		{"exp is text", claims("exp", "9999999999"), bad},
		{"exp is huge", claims("exp", 1e300), late},
		{"exp is a fraction", claims("exp", float64(at(time.Minute))+0.5), ok},
		{"exp is negative", claims("exp", -5), late},
		{"nbf in the future", claims("nbf", at(time.Hour)), bad},
		{"nbf within the leeway", claims("nbf", at(2*time.Second)), ok},
		{"iat in the future", claims("iat", at(time.Hour)), bad},
		{"no iat", claims("iat", nil), ok},
		{"iat is text", claims("iat", "now"), bad},
		{"no aud", claims("aud", nil), bad},
		{"another aud", claims("aud", "https://api.example.com"), bad},
		{"aud is a prefix", claims("aud", audience+".evil.example"), bad},
		{"aud is a list", claims("aud", []string{"x", audience}), ok},
		{"aud is a list of others", claims("aud", []string{"x", "y"}), bad},
		{"aud is a number", claims("aud", 5), bad},
		{"aud is empty", claims("aud", ""), bad},
		{"expired and for another", claims("exp", at(-time.Hour), "aud", "x"), bad},
		{"no sub", claims("sub", nil), bad},
		{"sub is empty", claims("sub", ""), bad},
		{"sub is a list", claims("sub", []string{"alice"}), bad},
		{"sub is a fraction", claims("sub", 1.5), bad},
		{"sub is true", claims("sub", true), bad},
		{"sub is an integer", claims("sub", 42), ok},
		{"no roles", claims("roles", nil), ok},
		{"roles is text", claims("roles", "ROLE_ADMIN"), bad},
		{"roles is a map", claims("roles", map[string]string{"0": "ROLE_ADMIN"}), bad},
		{"a role is a number", claims("roles", []any{"ROLE_USER", 5}), bad},
	} {
		if id, got := ask(t, open(t, ticket.Options{}), sign(t, "HS256", secret, test.claims)); got != test.want {
			t.Errorf("%s: %v, %q; want %q", test.name, id, got, test.want)
		}
	}
}

func TestOptions(t *testing.T) {
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	const ok, bad, late = firewall.Reason(""), firewall.ReasonCredentials, firewall.ReasonExpired
	for name, test := range map[string]struct {
		opts   ticket.Options
		claims jwt.MapClaims
		want   firewall.Reason
	}{
		"issuer":            {ticket.Options{Issuer: "https://example.com"}, claims("iss", "https://example.com"), ok},
		"another issuer":    {ticket.Options{Issuer: "https://example.com"}, claims("iss", "https://example.com/"), bad},
		"no issuer":         {ticket.Options{Issuer: "https://example.com"}, claims(), bad},
		"issuer is a list":  {ticket.Options{Issuer: "a"}, claims("iss", []string{"a"}), bad},
		"any audience":      {ticket.Options{AnyAudience: true}, claims("aud", nil), ok},
		"young":             {ticket.Options{MaxAge: time.Minute}, claims("iat", at(-30*time.Second)), ok},
		"old":               {ticket.Options{MaxAge: time.Minute}, claims("iat", at(-time.Hour)), late},
		"of an unknown age": {ticket.Options{MaxAge: time.Minute}, claims("iat", nil), bad},
		"long leeway":       {ticket.Options{Leeway: time.Hour}, claims("exp", at(-time.Minute)), ok},
		"no leeway":         {ticket.Options{Leeway: -1}, claims("exp", at(-2*time.Second)), late},
		"other user claim":  {ticket.Options{User: firewall.Path{"uid"}}, claims("sub", nil, "uid", 7), ok},
		"lost user claim":   {ticket.Options{User: firewall.Path{"uid"}}, claims(), bad},
	} {
		if id, got := ask(t, open(t, test.opts), sign(t, "HS256", secret, test.claims)); got != test.want {
			t.Errorf("%s: %v, %q; want %q", name, id, got, test.want)
		}
	}
}

func TestPaths(t *testing.T) {
	a := open(t, ticket.Options{User: firewall.Path{"user", "id"}, Roles: firewall.Path{"realm_access", "roles"}})
	id, reason := ask(t, a, sign(t, "HS256", secret, claims(
		"user", map[string]any{"id": int64(9007199254740993)}, // 2^53 + 1
		"realm_access", map[string]any{"roles": []string{"editor"}})))
	if reason != "" || id.User != "9007199254740993" || !slices.Equal(id.Roles, []string{"editor"}) {
		t.Errorf("%+v, %q", id, reason)
	}
}

func TestLasts(t *testing.T) {
	a := open(t, ticket.Options{Lasts: 24 * time.Hour})
	before := time.Now()
	id, reason := ask(t, a, sign(t, "HS256", secret, claims()))
	if reason != "" || id.Expires.Before(before.Add(24*time.Hour)) || id.Expires.After(time.Now().Add(24*time.Hour)) {
		t.Errorf("%+v, %q", id, reason)
	}
	if _, reason := ask(t, a, sign(t, "HS256", secret, claims("exp", before.Add(-time.Hour).Unix()))); reason != firewall.ReasonExpired {
		t.Errorf("an expired ticket: %q", reason)
	}
}

// Whoever uses a ticket twice is refused by a Check that remembers it.
func TestCheck(t *testing.T) {
	var seen sync.Map
	down := errors.New("connection refused")
	a := open(t, ticket.Options{Check: func(_ context.Context, claims jwt.MapClaims, id *firewall.Identity) error {
		jti, _ := claims["jti"].(string)
		if jti == "" {
			return down
		}
		if _, again := seen.LoadOrStore(jti, true); again {
			return firewall.Refuse(firewall.ReasonCredentials, nil)
		}
		id.Attributes = map[string]string{"name": "Alice"}
		return nil
	}})
	token := sign(t, "HS256", secret, claims("jti", "1"))
	if id, reason := ask(t, a, token); reason != "" || id.Attributes["name"] != "Alice" {
		t.Errorf("%v, %q", id, reason)
	}
	if _, reason := ask(t, a, token); reason != firewall.ReasonCredentials {
		t.Errorf("a second time: %q", reason)
	}
	_, err := a.Authenticate(t.Context(), &firewall.Request{URI: "/?ticket=" + sign(t, "HS256", secret, claims())})
	if !errors.Is(err, down) {
		t.Errorf("%v; want the error of Check", err)
	}
}

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
