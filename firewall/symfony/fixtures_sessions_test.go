package symfony_test

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/symfony"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/php"
)

// A sessionEntry is what a manifest says of a session. Who is what the website
// answered for its cookie.
type sessionEntry struct {
	File    string
	SID     string
	Context *string
	Who     struct {
		Token, User, UserClass *string
		Roles                  []string

		// Not in all manifests.
		Remembered   *bool
		Impersonator *string
	}
}

// places matches a context, and another one beside it with its user.
var places = regexp.MustCompile(`^(\S+)(?: \(and (\S+): (.+)\))?$`)

func (n *tally) checkSessions(t *testing.T, dir string, entries map[string]sessionEntry) {
	contexts := map[string]bool{}
	for _, e := range entries {
		if e.Context != nil {
			m := places.FindStringSubmatch(*e.Context)
			if m == nil {
				t.Fatalf("the context %q is not understood", *e.Context)
			}
			contexts[m[1]] = true
		}
	}
	all := slices.Sorted(maps.Keys(contexts))
	for name, e := range entries {
		data, ok := n.read(t, dir, e.File)
		if !ok {
			continue
		}
		n.sessions++
		if isMsgpack(data) {
			n.refused++
			if _, err := php.Decode(data); err == nil {
				t.Errorf("%s: msgpack is decoded", name)
			}
			continue
		}
		data = unwrapMemcached(t, dir, e.SID, data)
		values, err := php.Decode(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkSession(t, name, &session.Session{Values: values}, &e, all)
	}
}

func checkSession(t *testing.T, name string, s *session.Session, e *sessionEntry, all []string) {
	t.Helper()
	var place []string
	if e.Context != nil {
		place = places.FindStringSubmatch(*e.Context)
	}
	others := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return slices.Contains(place, c) })
	if len(others) > 0 {
		if id, err := identify(t, s, others...); id != nil || err != nil {
			t.Errorf("%s: %+v, %v; nobody has signed in to %q", name, id, err, others)
		}
	}
	if place == nil {
		return
	}
	if !readable(str(e.Who.Token), str(e.Who.UserClass)) || e.Who.User == nil {
		if id, err := identify(t, s, place[1]); id != nil {
			t.Errorf("%s: %+v, %v; want nobody", name, id, err)
		}
		return
	}
	first, second := place[1], place[2]
	id, err := identify(t, s, append([]string{first}, others...)...)
	if err != nil || id == nil {
		t.Errorf("%s: %v, %v; want %s", name, id, err, *e.Who.User)
		return
	}
	e.compare(t, name, id, first)
	if second == "" {
		return
	}
	// With two, the order decides.
	if id, err = identify(t, s, first, second); err != nil || id.User != *e.Who.User {
		t.Errorf("%s: %+v, %v; want %s of the first context", name, id, err, *e.Who.User)
	}
	if id, err = identify(t, s, second, first); err != nil || id.User != place[3] {
		t.Errorf("%s: %+v, %v; want %s of the first context", name, id, err, place[3])
	}
}

func (e *sessionEntry) compare(t *testing.T, name string, id *firewall.Identity, in string) {
	t.Helper()
	if id.User != *e.Who.User || !slices.Equal(id.Roles, e.Who.Roles) || id.Context != in {
		t.Errorf("%s: %q %q in %q; want %q %q in %q", name, id.User, id.Roles, id.Context, *e.Who.User, e.Who.Roles, in)
	}
	remembered, switched := str(e.Who.Token) == rememberMe, str(e.Who.Token) == switchUser
	if e.Who.Remembered != nil {
		remembered = *e.Who.Remembered
	}
	if id.Remembered != remembered {
		t.Errorf("%s: remembered is %t; want %t", name, id.Remembered, remembered)
	}
	if (id.Impersonator != "") != switched || e.Who.Impersonator != nil && id.Impersonator != *e.Who.Impersonator {
		t.Errorf("%s: %q acts as the user; the website says %q", name, id.Impersonator, str(e.Who.Impersonator))
	}
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func identify(t *testing.T, s *session.Session, contexts ...string) (*firewall.Identity, error) {
	t.Helper()
	f, err := symfony.New(&symfony.Options{Contexts: contexts, Users: users})
	if err != nil {
		t.Fatal(err)
	}
	return f(context.Background(), s)
}

// isMsgpack reports whether data begins as a map does in msgpack.
func isMsgpack(data []byte) bool {
	return len(data) > 0 && (data[0]&0xf0 == 0x80 || data[0] == 0xde || data[0] == 0xdf)
}
