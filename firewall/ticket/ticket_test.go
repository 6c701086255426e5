package ticket_test

import (
	"context"
	"errors"
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
		{"as long as may be", claims("pad", strings.Repeat("a", 5500)), ok},
		{"longer", claims("pad", strings.Repeat("a", 6200)), bad},
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
		"less than none":    {ticket.Options{Leeway: -time.Hour}, claims(), ok},
		"lasting, no exp":   {ticket.Options{Lasts: time.Hour}, claims("exp", nil), bad},
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
