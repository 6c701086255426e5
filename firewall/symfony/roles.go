package symfony

import (
	"fmt"

	"github.com/rollcall-go/rollcall/session/phpserialize"
)

const (
	maxRoles = 64
	maxText  = 255 // bytes of an identifier or a role
)

// The classes of roles up to 4.4: Security/Core/Role. That of switch_user has
// the token of who acts as the user, which has been in SwitchUserToken since 4.3.
const (
	role       = `Symfony\Component\Security\Core\Role\Role`
	switchRole = `Symfony\Component\Security\Core\Role\SwitchUserRole`
)

// switchedBy returns the token of who acts as the user that has these roles, or
// null.
func switchedBy(roles phpserialize.Value) (token phpserialize.Value, err error) {
	if roles.Len() > maxRoles {
		return token, tooManyRoles(roles)
	}
	for _, r := range roles.All() {
		if r.Class() != switchRole {
			continue
		}
		token, err = r.Property(switchRole + "::source")
		if err != nil || token.Kind() == phpserialize.Null {
			return token, malformed("there is no token of who acts as the user")
		}
		return token, nil
	}
	return token, nil
}

// roleNames returns the roles that are strings, with whatever keys: since 7.3
// they may be what the user's own getRoles() returns.
func roleNames(names phpserialize.Value) ([]string, error) {
	return roleList(names, func(r phpserialize.Value) phpserialize.Value { return r })
}

// roleObjects returns the names of roles that are objects.
func roleObjects(roles phpserialize.Value) ([]string, error) {
	if roles.Kind() == phpserialize.Null {
		return nil, fmt.Errorf("%w: Symfony 7.3.0 leaves them out for users that implement EquatableInterface: the website needs 7.3.1", ErrRoles)
	}
	return roleList(roles, func(r phpserialize.Value) (name phpserialize.Value) {
		if class := r.Class(); class == role || class == switchRole {
			name, _ = r.Property(role + "::role")
		}
		return name
	})
}

func roleList(list phpserialize.Value, name func(phpserialize.Value) phpserialize.Value) ([]string, error) {
	switch {
	case list.Kind() != phpserialize.Array:
		return nil, fmt.Errorf("%w: they are no list", ErrRoles)
	case list.Len() > maxRoles:
		return nil, tooManyRoles(list)
	case list.Len() == 0:
		return nil, nil
	}
	roles := make([]string, 0, list.Len())
	for key, value := range list.All() {
		if overwritten(list, key, value) {
			return nil, malformed("two roles have the same key")
		}
		data, _ := name(value).Bytes()
		if len(data) == 0 {
			return nil, fmt.Errorf("%w: one is not a string, or empty", ErrRoles)
		}
		text, err := text(data)
		if err != nil {
			return nil, err
		}
		roles = append(roles, text)
	}
	return roles, nil
}

// overwritten reports whether PHP has another value under this key, because it is
// there again.
func overwritten(list, key, value phpserialize.Value) bool {
	last, ok := value, false
	if i, isInt := key.Int(); isInt {
		last, ok = list.Index(i)
	} else if name, isString := key.Str(); isString {
		last, ok = list.Key(name)
	}
	return !ok || last != value
}

func tooManyRoles(list phpserialize.Value) error {
	return fmt.Errorf("%w: there are %d roles, and at most %d are read", ErrLimit, list.Len(), maxRoles)
}
