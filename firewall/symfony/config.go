package symfony

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

func newReader(o *Options) (*reader, error) {
	r := &reader{integers: o.IntegerIdentifiers, impersonate: !o.RefuseImpersonation, refresh: o.Refresh}
	var err error
	if r.contexts, err = contextKeys(o.Contexts); err != nil {
		return nil, err
	}
	if r.users, err = userClasses(o.Users); err != nil {
		return nil, err
	}
	if r.tokens, err = tokenClasses(o.Tokens); err != nil {
		return nil, err
	}
	return r, nil
}

func contextKeys(contexts []string) (keys []contextKey, err error) {
	if len(contexts) == 0 {
		return nil, errors.New(`symfony: Options.Contexts is empty: name the firewalls of the website's security.yaml whose users are signed in here too, as in []string{"main"}`)
	}
	for i, name := range contexts {
		switch {
		case name == "":
			return nil, fmt.Errorf("symfony: Options.Contexts[%d] is empty", i)
		case strings.HasPrefix(name, prefix):
			return nil, fmt.Errorf("symfony: Options.Contexts has %q: leave out %s", name, prefix)
		case slices.Contains(contexts[:i], name):
			return nil, fmt.Errorf("symfony: Options.Contexts has %q twice", name)
		}
		keys = append(keys, contextKey{name, prefix + name})
	}
	return keys, nil
}

// checkClass returns an error if no class of PHP has this name in a session.
func checkClass(option, class string) error {
	if strings.HasPrefix(class, `\`) || strings.HasSuffix(class, `\`) || strings.Contains(class, `\\`) {
		return fmt.Errorf(`symfony: Options.%s has %q: write App\Entity\User, without backslashes around it or two in a row`, option, class)
	}
	bad := strings.ContainsFunc(class, func(c rune) bool {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '\\', c >= 0x80:
			return false
		}
		return true
	})
	if bad || class == "" {
		return fmt.Errorf(`symfony: Options.%s has %q, which is no name of a class: write it as in App\Entity\User`, option, class)
	}
	return nil
}
