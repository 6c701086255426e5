package firewall

import (
	"context"
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/session"
)

// A Path leads to a value in a session: firewall.Path{"user", "id"} is
// $_SESSION['user']['id'] of PHP, and session.user.id of Express.
type Path []string

func (p Path) String() string { return strings.Join(p, ".") }

// Keys returns a function for [SessionAuthenticator].Identify that takes the user
// from one place of the session, a string or an integer, and the roles from
// another, a list of at most 64 strings or nothing. A session without the user is
// nobody's. Keys panics if the path to the user is empty; without a path to the
// roles there are none. The function may be called concurrently.
func Keys(user, roles Path) func(context.Context, *session.Session) (*Identity, error) {
	if len(user) == 0 {
		panic("firewall: Keys needs a path to the user")
	}
	return func(_ context.Context, s *session.Session) (*Identity, error) {
		found, ok := s.Lookup(user...)
		if !ok || found == nil {
			return nil, nil
		}
		id := &Identity{}
		switch v := reflect.ValueOf(found); {
		case v.Kind() == reflect.String:
			id.User = v.String()
		case v.CanInt():
			id.User = strconv.FormatInt(v.Int(), 10)
		case v.CanUint():
			id.User = strconv.FormatUint(v.Uint(), 10)
		case v.CanFloat() && v.Float() == math.Trunc(v.Float()) && math.Abs(v.Float()) < 1<<53: // of JSON
			id.User = strconv.FormatInt(int64(v.Float()), 10)
		default:
			return nil, unreadable("the user at %s of the session is neither a string nor an integer, but a %T", user, found)
		}
		if id.User == "" {
			return nil, unreadable("the user at %s of the session is empty", user)
		}
		var err error
		if found, ok = s.Lookup(roles...); ok && len(roles) > 0 && found != nil {
			id.Roles, err = strs(found, roles)
		}
		return id, err
	}
}

// phpArray is what phpserialize.Value has. Its keys do not matter: PHP's
// array_filter leaves gaps.
type phpArray interface {
	Values() iter.Seq[any]
	Class() string // "" if it is no object
}

// maxRoles is how many roles a client of the storage may have.
const maxRoles = 64

// strs returns a copy of a list of strings, in any of the forms that the
// decoders give it.
func strs(value any, at Path) (found []string, err error) {
	bad := unreadable("the roles at %s of the session are not a list of strings, or more than %d", at, maxRoles)
	switch v := value.(type) {
	case []string:
		if len(v) > maxRoles {
			return nil, bad
		}
		return slices.Clone(v), nil
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok || len(found) == maxRoles {
				return nil, bad
			}
			found = append(found, s)
		}
		return found, nil
	case phpArray:
		for e := range v.Values() {
			s, ok := e.(string)
			if !ok || len(found) == maxRoles {
				return nil, bad
			}
			found = append(found, s)
		}
		if v.Class() != "" {
			return nil, bad
		}
		return found, nil
	default:
		return nil, bad
	}
}

func unreadable(format string, args ...any) error {
	return fmt.Errorf("firewall: %w: "+format, append([]any{session.ErrUnreadable}, args...)...)
}
