package firewall_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/php"
)

const sid = "0123456789abcdef0123456789"

// sessions is a session store whose content a test may change.
type sessions struct {
	mu   sync.Mutex
	byID map[string]map[string]any
	err  error
}

func (s *sessions) Read(_ context.Context, id string) (*session.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	values, ok := s.byID[id]
	if !ok {
		return nil, session.ErrNotFound
	}
	return &session.Session{ID: id, Values: values}, nil
}

func (s *sessions) put(id string, values map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[string]map[string]any{}
	}
	s.byID[id] = values
}

func newFirewall(t *testing.T, s session.Handler, change ...func(*firewall.Options)) (*firewall.Firewall, *strings.Builder) {
	t.Helper()
	var log strings.Builder
	opts := firewall.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	if s != nil {
		opts.Authenticators = []firewall.Authenticator{bySession(s)}
	}
	for _, f := range change {
		f(&opts)
	}
	fw, err := firewall.New(&opts)
	if err != nil {
		t.Fatal(err)
	}
	return fw, &log
}

func bySession(s session.Handler) *firewall.SessionAuthenticator {
	return &firewall.SessionAuthenticator{Sessions: s, Identify: keys}
}

var keys = firewall.Keys(firewall.Path{"user"}, firewall.Path{"roles"})

func wantRefusal(t *testing.T, err error, reason firewall.Reason, status int) {
	t.Helper()
	var refusal *firewall.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != reason || refusal.Status() != status {
		t.Errorf("%v; want a refusal for %q with status %d", err, reason, status)
	}
}

type userID int32

// phpValues are the values of a session of PHP.
func phpValues(data string) map[string]any {
	values, err := php.Decode([]byte(data))
	if err != nil {
		panic(err)
	}
	return values
}

var anonymousName = regexp.MustCompile(`^anon-[0-9a-f]{13}$`)

func TestAuthenticate(t *testing.T) {
	alice := map[string]any{"user": "alice", "roles": []string{"ROLE_ADMIN"}}
	cookie := "PHPSESSID=" + sid
	tests := []struct {
		name      string
		cookie    string
		values    map[string]any // of the session sid; nil: there is none
		storeErr  error
		refuseAll bool // RefuseAnonymous

		roles  string          // if they matter
		user   string          // "anon" for an anonymous one
		reason firewall.Reason // of the refusal, or for being anonymous
		status int             // of the refusal
		logged bool
	}{
		{name: "signed in", cookie: cookie, values: alice, user: "alice"},
		{name: "signed in, anonymous refused", cookie: cookie, values: alice, refuseAll: true, user: "alice"},
		{name: "no roles", cookie: cookie, values: map[string]any{"user": "bob"}, user: "bob"},
		{name: "integer user", cookie: cookie, values: map[string]any{"user": int64(7)}, user: "7"},
		{name: "integer user of JSON", cookie: cookie, values: map[string]any{"user": 7.0}, user: "7"},
		{name: "integer user of an own type", cookie: cookie, values: map[string]any{"user": userID(7)}, user: "7"},
		{name: "unsigned user", cookie: cookie, values: map[string]any{"user": uint64(1<<64 - 1)}, user: "18446744073709551615"},
		{name: "user of an own type", cookie: cookie, values: map[string]any{"user": firewall.Reason("alice")}, user: "alice"},
		{name: "user too large for JSON", cookie: cookie, values: map[string]any{"user": 1e20}, user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "roles of PHP, with gaps", cookie: cookie, values: phpValues(`user|s:5:"alice";roles|a:2:{i:0;s:1:"A";i:7;s:1:"B";}`), user: "alice", roles: "[A B]"},
		{name: "roles of PHP, an integer", cookie: cookie, values: phpValues(`user|i:7;roles|a:1:{i:0;i:1;}`), user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "roles of PHP, an object", cookie: cookie, values: phpValues(`user|i:7;roles|O:1:"A":1:{s:1:"a";s:1:"B";}`), user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "roles of PHP, a string", cookie: cookie, values: phpValues(`user|i:7;roles|s:1:"A";`), user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "64 roles", cookie: cookie, values: map[string]any{"user": "x", "roles": make([]string, 64)}, user: "x"},
		{name: "65 roles", cookie: cookie, values: map[string]any{"user": "x", "roles": make([]string, 65)}, user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "no cookie", user: "anon", reason: firewall.ReasonNoCookie},
		{name: "no cookie, anonymous refused", refuseAll: true, reason: firewall.ReasonNoCookie, status: 401, logged: true},
		{name: "unknown session", cookie: cookie, user: "anon", reason: firewall.ReasonSignedOut},
		{name: "unknown session, anonymous refused", cookie: cookie, refuseAll: true, reason: firewall.ReasonSignedOut, status: 401, logged: true},
		{name: "nobody signed in", cookie: cookie, values: map[string]any{"cart": 3}, user: "anon", reason: firewall.ReasonNobody},
		{name: "null user", cookie: cookie, values: map[string]any{"user": nil}, user: "anon", reason: firewall.ReasonNobody},
		{name: "malformed cookie", cookie: "PHPSESSID=../../etc/passwd", user: "anon", reason: firewall.ReasonCookie, logged: true},
		{name: "malformed cookie, anonymous refused", cookie: "PHPSESSID=../../etc/passwd", refuseAll: true, reason: firewall.ReasonCookie, status: 401, logged: true},
		{name: "unreadable", cookie: cookie, storeErr: fmt.Errorf("too long: %w", session.ErrUnreadable), user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "store down", cookie: cookie, storeErr: errors.New("connection refused"), reason: firewall.ReasonUnavailable, status: 503, logged: true},
		{name: "store down, anonymous refused", cookie: cookie, refuseAll: true, storeErr: errors.New("connection refused"), reason: firewall.ReasonUnavailable, status: 503, logged: true},
		{name: "store down, no cookie", storeErr: errors.New("connection refused"), user: "anon", reason: firewall.ReasonNoCookie},
		{name: "user of another type", cookie: cookie, values: map[string]any{"user": []string{"x"}}, user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "user a fraction", cookie: cookie, values: map[string]any{"user": 7.5}, user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "empty user", cookie: cookie, values: map[string]any{"user": ""}, user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "roles of another type", cookie: cookie, values: map[string]any{"user": "x", "roles": "ROLE_ADMIN"}, user: "anon", reason: firewall.ReasonIdentity, logged: true},
		{name: "a role of another type", cookie: cookie, values: map[string]any{"user": "x", "roles": []any{"A", 7}}, user: "anon", reason: firewall.ReasonIdentity, logged: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := &sessions{err: test.storeErr}
			if test.values != nil {
				store.put(sid, test.values)
			}
			fw, log := newFirewall(t, store, func(o *firewall.Options) { o.RefuseAnonymous = test.refuseAll })
			id, err := fw.Authenticate(t.Context(), &firewall.Request{Host: "example.com", Cookie: test.cookie})
			switch {
			case test.status != 0:
				wantRefusal(t, err, test.reason, test.status)
			case err != nil:
				t.Fatalf("refused: %v", err)
			case test.user == "anon":
				if !id.Anonymous || !anonymousName.MatchString(id.User) || len(id.Roles) != 0 || id.Reason != test.reason {
					t.Errorf("%+v; want an anonymous identity named anon- and 13 hexadecimal digits, because %s", id, test.reason)
				}
			case id.Anonymous || id.User != test.user || id.Reason != "", test.roles != "" && fmt.Sprint(id.Roles) != test.roles:
				t.Errorf("%+v; want %s", id, test.user)
			}
			if logged := strings.Contains(log.String(), string(test.reason)); test.reason != "" && logged != test.logged {
				t.Errorf("logged: %v, want %v: %q", logged, test.logged, log)
			}
			if strings.Contains(log.String(), sid) || err != nil && strings.Contains(err.Error(), sid) {
				t.Error("the session id got into the log or the error")
			}
		})
	}
}

func TestAnonymousNamesDiffer(t *testing.T) {
	var fw firewall.Firewall // the zero value serves
	seen := map[string]bool{}
	for range 1000 {
		id, err := fw.Authenticate(t.Context(), &firewall.Request{})
		if err != nil || seen[id.User] {
			t.Fatalf("%+v, %v; want a new name", id, err)
		}
		seen[id.User] = true
	}
}

func TestOrigin(t *testing.T) {
	tests := []struct {
		origin, host string
		secure       bool
		origins      []string
		ok           bool
	}{
		{"", "example.com", false, nil, true},
		{"http://example.com", "example.com", false, nil, true},
		{"http://example.com:80", "example.com", false, nil, true},
		{"http://EXAMPLE.com", "example.COM", false, nil, true},
		{"http://example.com:8080", "example.com:8080", false, nil, true},
		{"https://example.com", "example.com", true, nil, true},
		{"http://[::1]:8080", "[::1]:8080", false, nil, true},
		{"https://example.com", "example.com", false, nil, false}, // another scheme
		{"http://example.com", "example.com", true, nil, false},
		{"http://example.com:8080", "example.com", false, nil, false},
		{"http://example.com", "example.com:8080", false, nil, false},
		{"http://evil.com", "example.com", false, nil, false},
		{"http://example.com.evil.com", "example.com", false, nil, false},
		{"http://sub.example.com", "example.com", false, nil, false},
		{"http://example.com@evil.com", "example.com", false, nil, false},
		{"http://example.com/path", "example.com", false, nil, false},
		{"null", "example.com", false, nil, false},
		{"null", "null", false, nil, false},
		{"example.com", "example.com", false, nil, false},
		{"http://", "", false, nil, false},
		{"http://example.com http://evil.com", "example.com", false, nil, false},
		{"http://example.com, http://evil.com", "example.com", false, nil, false}, // two headers
		{"http://evil.com, http://example.com", "example.com", false, nil, false},
		{"http://example.com, http://example.com", "example.com", false, nil, false},
		{"https://a.com", "example.com", false, []string{"https://a.com", "https://b.com"}, true},
		{"https://b.com", "example.com", false, []string{"https://a.com", "https://b.com"}, true},
		{"http://b.com", "example.com", false, []string{"https://b.com"}, false},
		{"https://b.com:8443", "example.com", false, []string{"https://b.com"}, false},
		{"https://b.com:8443", "example.com", false, []string{"https://b.com:8443"}, true},
		{"https://x.b.com", "example.com", false, []string{"https://*.b.com"}, true},
		{"https://y.x.b.com", "example.com", false, []string{"https://*.b.com"}, true},
		{"https://b.com", "example.com", false, []string{"https://*.b.com"}, false},
		{"https://xb.com", "example.com", false, []string{"https://*.b.com"}, false},
		{"https://x.b.com.evil.com", "example.com", false, []string{"https://*.b.com"}, false},
		{"http://x.b.com", "example.com", false, []string{"https://*.b.com"}, false},
		{"https://evil.com", "example.com", false, []string{"*"}, true},
		{"null", "example.com", false, []string{"*"}, true},
	}
	for _, test := range tests {
		fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Origins = test.origins })
		_, err := fw.Authenticate(t.Context(), &firewall.Request{Origin: test.origin, Host: test.host, Secure: test.secure})
		if test.ok && err != nil {
			t.Errorf("%+v: refused: %v", test, err)
		}
		if !test.ok {
			wantRefusal(t, err, firewall.ReasonOrigin, 403)
		}
	}
}

func TestBadOptions(t *testing.T) {
	store := &sessions{}
	for name, opts := range map[string]firewall.Options{
		"no sessions":      {Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{Identify: keys}}},
		"no identify":      {Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{Sessions: store}}},
		"nil":              {Authenticators: []firewall.Authenticator{nil}},
		"typed nil":        {Authenticators: []firewall.Authenticator{(*firewall.SessionAuthenticator)(nil)}},
		"prefix":           {Deny: []netip.Prefix{{}}},
		"mapped prefix":    {Deny: []netip.Prefix{netip.MustParsePrefix("::ffff:203.0.113.0/120")}},
		"proxy prefix":     {TrustedProxies: []netip.Prefix{{}}},
		"policy":           {Gone: 3},
		"negative policy":  {Gone: -1},
		"empty role":       {RoleHierarchy: map[string][]string{"A": {""}}},
		"origin, no host":  {Origins: []string{"https://"}},
		"origin, bare":     {Origins: []string{"example.com"}},
		"origin, path":     {Origins: []string{"https://example.com/"}},
		"origin, wildcard": {Origins: []string{"https://exam*.com"}},
		"origin, all tlds": {Origins: []string{"https://*"}},
		"origin, scheme":   {Origins: []string{"ftp://example.com"}},
		"origin, null":     {Origins: []string{"null"}},
		"origin, empty":    {Origins: []string{""}},
	} {
		if _, err := firewall.New(&opts); err == nil {
			t.Errorf("%s: New succeeded", name)
		}
	}
	if _, err := firewall.New(nil); err != nil {
		t.Errorf("New(nil): %v", err)
	}
}

// A panic refuses one client. In the store it tells nothing about the visitor.
func TestPanics(t *testing.T) {
	r := &firewall.Request{Cookie: "PHPSESSID=" + sid}
	fw, log := newFirewall(t, panicking{})
	_, err := fw.Authenticate(t.Context(), r)
	wantRefusal(t, err, firewall.ReasonUnavailable, 503)
	store := &sessions{}
	store.put(sid, map[string]any{"user": "alice"})
	fw, log2 := newFirewall(t, nil, func(o *firewall.Options) {
		o.Authenticators = []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: store,
			Identify: func(_ context.Context, s *session.Session) (*firewall.Identity, error) { panic(s.ID) },
		}}
	})
	_, err = fw.Authenticate(t.Context(), r)
	wantRefusal(t, err, firewall.ReasonUnavailable, 503)
	fw, log3 := newFirewall(t, nil, func(o *firewall.Options) {
		o.Authenticators = []firewall.Authenticator{firewall.AuthenticatorFunc(
			func(context.Context, *firewall.Request) (*firewall.Identity, error) { panic(sid) })}
	})
	_, err = fw.Authenticate(t.Context(), r)
	wantRefusal(t, err, firewall.ReasonUnavailable, 503)
	if strings.Contains(log.String()+log2.String()+log3.String()+err.Error(), sid) {
		t.Error("the session id got into the log or the error")
	}
}

type panicking struct{}

func (panicking) Read(_ context.Context, id string) (*session.Session, error) { panic(id) }

func TestFromHTTP(t *testing.T) {
	r := httptest.NewRequest("GET", "https://example.com/ws?room=1", nil)
	r.Header.Set("Origin", "https://example.com")
	r.Header.Add("Cookie", "a=1")
	r.Header.Add("Cookie", "b=2")
	got := *firewall.FromHTTP(r)
	want := firewall.Request{
		URI: "https://example.com/ws?room=1", Host: "example.com", Origin: "https://example.com",
		Cookie: "a=1; b=2", Secure: true, RemoteAddr: r.RemoteAddr,
	}
	if got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
	r.Header.Add("Origin", "http://evil.example")
	if got := firewall.FromHTTP(r).Origin; got != "https://example.com, http://evil.example" {
		t.Errorf("two Origin headers: %q; want both, for the firewall to refuse", got)
	}
}
