package firewall_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
)

// says is an authenticator that always says the same.
type says struct {
	id    *firewall.Identity
	err   error
	asked *int
}

func (s says) Authenticate(context.Context, *firewall.Request) (*firewall.Identity, error) {
	if s.asked != nil {
		*s.asked++
	}
	return s.id, s.err
}

func TestAuthenticatorsInOrder(t *testing.T) {
	alice, bob := says{id: &firewall.Identity{User: "alice"}}, says{id: &firewall.Identity{User: "bob"}}
	is := func(reason firewall.Reason) says { return says{err: firewall.Refuse(reason, nil)} }
	tests := []struct {
		name   string
		say    []firewall.Authenticator
		user   string          // "" for anonymous or refused
		reason firewall.Reason // for that
		status int
		last   bool // the last one is asked
	}{
		{name: "first", say: []firewall.Authenticator{alice, bob}, user: "alice"},
		{name: "none knows", say: []firewall.Authenticator{says{}, says{}}, reason: firewall.ReasonAnonymous, last: true},
		{name: "second", say: []firewall.Authenticator{says{}, bob}, user: "bob", last: true},
		{name: "no cookie", say: []firewall.Authenticator{is(firewall.ReasonNoCookie), bob}, user: "bob", last: true},
		{name: "signed out", say: []firewall.Authenticator{is(firewall.ReasonSignedOut), bob}, user: "bob", last: true},
		{name: "nobody", say: []firewall.Authenticator{is(firewall.ReasonNobody), bob}, user: "bob", last: true},
		{name: "the most telling", say: []firewall.Authenticator{is(firewall.ReasonNoCookie), is(firewall.ReasonNobody), is(firewall.ReasonNoCookie)}, reason: firewall.ReasonNobody, last: true},
		{name: "unreadable ends it", say: []firewall.Authenticator{is(firewall.ReasonIdentity), bob}, reason: firewall.ReasonIdentity},
		{name: "bad cookie ends it", say: []firewall.Authenticator{is(firewall.ReasonCookie), bob}, reason: firewall.ReasonCookie},
		{name: "bad credentials", say: []firewall.Authenticator{is(firewall.ReasonCredentials), bob}, reason: firewall.ReasonCredentials, status: 401},
		{name: "expired credentials", say: []firewall.Authenticator{is(firewall.ReasonExpired), bob}, reason: firewall.ReasonExpired, status: 401},
		{name: "store down", say: []firewall.Authenticator{is(firewall.ReasonUnavailable), bob}, reason: firewall.ReasonUnavailable, status: 503},
		{name: "any error", say: []firewall.Authenticator{says{err: errors.New("what?")}, bob}, reason: firewall.ReasonUnavailable, status: 503},
		{name: "own reason", say: []firewall.Authenticator{is("not on Sundays"), bob}, reason: "not on Sundays", status: 401},
		{name: "no name", say: []firewall.Authenticator{says{id: &firewall.Identity{}}, bob}, reason: firewall.ReasonUnavailable, status: 503},
		{name: "already over", say: []firewall.Authenticator{says{id: &firewall.Identity{User: "alice", Expires: time.Now()}}, bob}, reason: firewall.ReasonExpired, status: 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			asked := 0
			last := test.say[len(test.say)-1].(says)
			last.asked = &asked
			test.say[len(test.say)-1] = last
			var refused, authenticated int
			fw, _ := newFirewall(t, nil, func(o *firewall.Options) {
				o.Authenticators = test.say
				o.Refused = func(_ *firewall.Request, r *firewall.Refusal) { refused++; wantRefusal(t, r, test.reason, test.status) }
				o.Authenticated = func(_ *firewall.Request, id *firewall.Identity) { authenticated++ }
			})
			id, err := fw.Authenticate(t.Context(), &firewall.Request{})
			switch {
			case test.status != 0:
				wantRefusal(t, err, test.reason, test.status)
				if refused != 1 || authenticated != 0 {
					t.Errorf("the hooks were called %d and %d times", refused, authenticated)
				}
			case err != nil:
				t.Fatal(err)
			case test.user == "" && (!id.Anonymous || id.Reason != test.reason), test.user != "" && id.User != test.user:
				t.Errorf("%+v", id)
			case refused != 0 || authenticated != 1:
				t.Errorf("the hooks were called %d and %d times", refused, authenticated)
			}
			if (asked == 1) != test.last {
				t.Errorf("the last one was asked %d times", asked)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	hierarchy := map[string][]string{
		"ROLE_ADMIN":       {"ROLE_EDITOR", "ROLE_USER"},
		"ROLE_SUPER_ADMIN": {"ROLE_ADMIN", "ROLE_ALLOWED_TO_SWITCH"},
		"ROLE_LOOP":        {"ROLE_POOL"},
		"ROLE_POOL":        {"ROLE_LOOP"},
	}
	tests := []struct {
		roles, want, any []string
		refused          bool
	}{
		{roles: nil, want: nil},
		{roles: []string{"ROLE_USER"}, want: []string{"ROLE_USER"}},
		{roles: []string{"ROLE_ADMIN"}, want: []string{"ROLE_ADMIN", "ROLE_EDITOR", "ROLE_USER"}},
		{roles: []string{"ROLE_USER", "ROLE_ADMIN"}, want: []string{"ROLE_USER", "ROLE_ADMIN", "ROLE_EDITOR"}},
		{roles: []string{"ROLE_SUPER_ADMIN"}, want: []string{"ROLE_SUPER_ADMIN", "ROLE_ADMIN", "ROLE_ALLOWED_TO_SWITCH", "ROLE_EDITOR", "ROLE_USER"}},
		{roles: []string{"ROLE_LOOP"}, want: []string{"ROLE_LOOP", "ROLE_POOL"}},
		{roles: []string{"ROLE_USER", "ROLE_USER"}, want: []string{"ROLE_USER"}},
		{roles: []string{"ROLE_ADMIN"}, any: []string{"ROLE_X", "ROLE_USER"}, want: []string{"ROLE_ADMIN", "ROLE_EDITOR", "ROLE_USER"}},
		{roles: []string{"ROLE_USER"}, any: []string{"ROLE_ADMIN"}, refused: true},
		{roles: nil, any: []string{"ROLE_ADMIN"}, refused: true},
	}
	for _, test := range tests {
		shared := &firewall.Identity{User: "alice", Roles: test.roles}
		fw, _ := newFirewall(t, nil, func(o *firewall.Options) {
			o.RoleHierarchy, o.AnyRole = hierarchy, test.any
			o.Authenticators = []firewall.Authenticator{says{id: shared}}
		})
		id, err := fw.Authenticate(t.Context(), &firewall.Request{})
		if test.refused {
			wantRefusal(t, err, firewall.ReasonRole, 403)
			continue
		}
		if err != nil || !slices.Equal(id.Roles, test.want) {
			t.Errorf("%q: %+v, %v; want %q", test.roles, id, err, test.want)
		}
		if !slices.Equal(shared.Roles, test.roles) {
			t.Errorf("the authenticator's own identity was changed to %q", shared.Roles)
		}
	}
	// Nobody is anonymous where a role is required.
	fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.AnyRole = []string{"ROLE_USER"} })
	_, err := fw.Authenticate(t.Context(), &firewall.Request{})
	wantRefusal(t, err, firewall.ReasonAnonymous, 401)
}

func TestAddresses(t *testing.T) {
	deny := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8:bad::/48")}
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		remote, forwarded string
		denied            bool
	}{
		{"198.51.100.7:1234", "", false},
		{"203.0.113.9:1234", "", true},
		{"[::ffff:203.0.113.9]:1234", "", true},
		{"[2001:db8:bad::1]:1234", "", true},
		{"[2001:db8:bad::1%eth0]:1234", "", true},
		{"[2001:db8:900d::1]:1234", "", false},
		{"198.51.100.7:1234", "203.0.113.9", false}, // not from a proxy of ours
		{"203.0.113.9:1234", "198.51.100.7", true},
		{"10.0.0.1:1234", "203.0.113.9", true},
		{"[fd00::1]:1234", "203.0.113.9", true},
		{"10.0.0.1:1234", "203.0.113.9, 10.0.0.2", true},
		{"10.0.0.1:1234", "198.51.100.7, 203.0.113.9", true},
		{"10.0.0.1:1234", "203.0.113.9, 198.51.100.7", false}, // the client made up the first
		{"10.0.0.1:1234", "203.0.113.9, 198.51.100.7,10.1.1.1 ,  fd00::7", false},
		{"10.0.0.1:1234", "[2001:db8:bad::1]:5678", true},
		{"10.0.0.1:1234", "203.0.113.9:5678", true},
		{"10.0.0.1:1234", "", false},
		{"10.0.0.1:1234", "nonsense", true}, // the client is not known
		{"10.0.0.1:1234", "198.51.100.7, ", true},
		{"", "", true},
		{"@", "", true}, // a socket of the file system
	}
	fw, _ := newFirewall(t, nil, func(o *firewall.Options) { o.Deny, o.TrustedProxies = deny, proxies })
	for _, test := range tests {
		_, err := fw.Authenticate(t.Context(), &firewall.Request{RemoteAddr: test.remote, ForwardedFor: test.forwarded})
		if test.denied {
			wantRefusal(t, err, firewall.ReasonAddress, 403)
		} else if err != nil {
			t.Errorf("%+v: %v", test, err)
		}
	}
	var none firewall.Firewall
	if _, err := none.Authenticate(t.Context(), &firewall.Request{RemoteAddr: "@"}); err != nil {
		t.Errorf("without a list, who is not known is denied: %v", err)
	}
}

// Behind a trusted proxy the website's own origin is what the browser sees.
func TestOriginBehindProxy(t *testing.T) {
	fw, _ := newFirewall(t, nil, func(o *firewall.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	tests := []struct {
		remote, origin, proto, host string
		ok                          bool
	}{
		{"10.0.0.1:1", "https://example.com", "https", "", true},
		{"10.0.0.1:1", "https://example.com", "HTTPS", "", true},
		{"10.0.0.1:1", "https://example.com", "http, https", "", true},
		{"10.0.0.1:1", "https://example.com", "https, http", "", false},
		{"10.0.0.1:1", "https://example.com", "wss", "", false},
		{"10.0.0.1:1", "https://www.example.com", "https", "www.example.com", true},
		{"10.0.0.1:1", "https://example.com", "https", "www.example.com", false},
		{"10.0.0.1:1", "https://www.example.com", "https", "evil.example, www.example.com", true},
		{"198.51.100.7:1", "https://example.com", "https", "", false},
		{"198.51.100.7:1", "http://evil.example", "", "evil.example", false},
	}
	for _, test := range tests {
		r := &firewall.Request{Host: "example.com", Origin: test.origin, RemoteAddr: test.remote, ForwardedProto: test.proto, ForwardedHost: test.host}
		if _, err := fw.Authenticate(t.Context(), r); (err == nil) != test.ok {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

// What a hook does wrong is not the client's fault, nor the process's end.
func TestHookPanics(t *testing.T) {
	fw, log := newFirewall(t, nil, func(o *firewall.Options) {
		o.Authenticated = func(*firewall.Request, *firewall.Identity) { panic("secret") }
		o.Refused = func(*firewall.Request, *firewall.Refusal) { panic("secret") }
	})
	if _, err := fw.Authenticate(t.Context(), &firewall.Request{}); err != nil {
		t.Error(err)
	}
	_, err := fw.Authenticate(t.Context(), &firewall.Request{Origin: "http://evil.example"})
	wantRefusal(t, err, firewall.ReasonOrigin, 403)
	if n := strings.Count(log.String(), "a hook panicked with a string"); n != 2 || strings.Contains(log.String(), "secret") {
		t.Errorf("logged %d times: %s", n, log)
	}
}
