package symfony

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// attributes is where Symfony keeps what a website puts into the session:
// HttpFoundation/Session/Attribute/AttributeBag.php.
const attributes = "_sf2_attributes"

// prefix begins the attributes with tokens: Security/Http/Firewall/
// ContextListener.php. The name that was last typed into a form of login is in
// _security.last_username, and nobody has checked it.
const prefix = "_security_"

// A contextKey is a context and the key of its token.
type contextKey struct{ name, key string }

// find returns the token of the first context that has one, and the context. It
// may alias the session, and is nil if there is none.
func (r *reader) find(ctx context.Context, s *session.Session) (name string, token []byte, err error) {
	session.Note(ctx, func() string { return "looking for the attributes " + r.wanted() })
	for _, c := range r.contexts {
		token, ok := attribute(s, c.key)
		if !ok {
			continue
		}
		session.Note(ctx, func() string { return fmt.Sprintf("%q is there, with %d bytes", c.key, len(token)) })
		if len(token) == 0 {
			return "", nil, fmt.Errorf("%w: the attribute of the context %q is not a string", ErrMalformed, c.name)
		}
		return c.name, token, nil
	}
	session.Note(ctx, func() string { return none(s.Values[attributes]) })
	return "", nil, nil
}

// attribute returns the bytes of an attribute, which are nil if it is no string.
// Null is nothing, also for Symfony.
func attribute(s *session.Session, key string) (data []byte, ok bool) {
	if bag, ok := s.Values[attributes].(phpserialize.Value); ok {
		// Lookup would copy it.
		v, ok := bag.Key(key)
		data, _ = v.Bytes()
		return data, ok && v.Kind() != phpserialize.Null
	}
	value, ok := s.Lookup(attributes, key)
	text, _ := value.(string)
	return []byte(text), ok && value != nil
}

func (r *reader) wanted() string {
	keys := make([]string, len(r.contexts))
	for i, c := range r.contexts {
		keys[i] = fmt.Sprintf("%.64q", c.key)
	}
	return strings.Join(keys, ", ")
}

// none says why there may be no token among the attributes.
func none(bag any) string {
	if bag == nil {
		return fmt.Sprintf("the session has no %q: nobody has signed in with it, or it is not of Symfony", attributes)
	}
	const most = 10
	var keys []string
	for key := range names(bag) {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, fmt.Sprintf("%.64q", key))
		}
	}
	if len(keys) == 0 {
		return "the session has no token: nobody has signed in with it"
	}
	slices.Sort(keys)
	if len(keys) > most {
		keys = append(keys[:most], "...")
	}
	return "none of them is there, but others are: " + strings.Join(keys, ", ") +
		"; Options.Contexts must have what follows " + prefix + ", which is the context: of the firewall in security.yaml, or else its name"
}

// names yields the keys of the attributes, as far as they can be listed.
func names(bag any) iter.Seq[string] {
	return func(yield func(string) bool) {
		switch bag := bag.(type) {
		case phpserialize.Value:
			for key := range bag.All() {
				if name, ok := key.Str(); ok && !yield(name) {
					return
				}
			}
		case map[string]any:
			for name := range bag {
				if !yield(name) {
					return
				}
			}
		}
	}
}
