package symfony_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/symfony"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// A tokenEntry is what a manifest says of a token: what its own methods return.
type tokenEntry struct {
	User, UserClass *string
	Roles           []string
	Authenticated   *bool   // null where there is no such method
	OriginalUser    *string `json:"original_user"`
}

var class = regexp.MustCompile(`^[OC]:\d+:"([^"]+)":`)

func (n *tally) checkTokens(t *testing.T, dir string, entries map[string]tokenEntry) {
	for name, e := range entries {
		data, ok := n.read(t, dir, name+".token")
		if !ok {
			continue
		}
		m := class.FindSubmatch(data)
		if m == nil {
			t.Errorf("%s: it is no token", name)
			continue
		}
		n.tokens++
		e.check(t, name, string(m[1]), data)
	}
}

func (e *tokenEntry) check(t *testing.T, name, class string, token []byte) {
	t.Helper()
	var user phpserialize.Value
	f, err := symfony.New(&symfony.Options{Contexts: []string{"main"}, Users: users,
		Refresh: func(_ context.Context, _ *firewall.Identity, u phpserialize.Value) (bool, error) {
			user = u
			return true, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	id, err := f(context.Background(), withToken(token))
	if !strings.HasPrefix(class, `Symfony\`) {
		if id != nil || !errors.Is(err, symfony.ErrTokenClass) {
			t.Errorf("%s: %+v, %v; want ErrTokenClass", name, id, err)
		}
		return
	}
	if e.User == nil || e.Authenticated != nil && !*e.Authenticated || !readable(class, str(e.UserClass)) {
		if id != nil {
			t.Errorf("%s: %+v; want nobody", name, id)
		}
		return
	}
	if id == nil {
		t.Errorf("%s: nobody, %v; want %q", name, err, *e.User)
		return
	}
	if id.User != *e.User || !slices.Equal(id.Roles, e.Roles) || id.Context != "main" {
		t.Errorf("%s: %q %q in %q; want %q %q", name, id.User, id.Roles, id.Context, *e.User, e.Roles)
	}
	if id.Remembered != (class == rememberMe) {
		t.Errorf("%s: remembered is %t", name, id.Remembered)
	}
	// Up to 4.2 it is a role that has the original token, which no manifest tells.
	if (e.OriginalUser != nil || class == switchUser) && id.Impersonator != str(e.OriginalUser) {
		t.Errorf("%s: %q acts as the user; want %q", name, id.Impersonator, str(e.OriginalUser))
	}
	if user.Class() != str(e.UserClass) {
		t.Errorf("%s: the user is of the class %q; want %q", name, user.Class(), str(e.UserClass))
	}
}

// withToken returns a session with a token in the context main.
func withToken(token []byte) *session.Session {
	return &session.Session{Values: map[string]any{"_sf2_attributes": map[string]any{"_security_main": string(token)}}}
}
