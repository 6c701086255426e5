package symfony

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// An Identifier says where in a user, as PHP serialized him, his identifier is:
// what his method getUserIdentifier() returns, or getUsername() up to Symfony
// 5.2. [Property] and [Index] return one.
type Identifier struct {
	property string
	element  int // from 1; 0 if there is a property
}

// Property returns that the identifier is a property, such as "email", public,
// protected or private. If a class and one that it extends have each a private
// property of this name, say whose it is: `App\Entity\User::email`. Keys of what
// the class's __serialize() or serialize() returns count as properties.
func Property(name string) Identifier { return Identifier{property: name} }

// Index returns that the class's __serialize() or serialize() returns a list, and
// that the identifier is its element i, from 0.
func Index(i int) Identifier { return Identifier{element: i + 1} }

// String returns where the identifier is.
func (i Identifier) String() string {
	if i.property != "" {
		return fmt.Sprintf("its property %q", i.property)
	}
	return fmt.Sprintf("the element %d of its list", i.element-1)
}

// userNames are the classes of Symfony's users: Security/Core/User and
// Ldap/Security.
var userNames = map[string]Identifier{
	`Symfony\Component\Security\Core\User\InMemoryUser`: Property("username"), // since 5.3
	`Symfony\Component\Security\Core\User\User`:         Property("username"), // up to 5.4
	`Symfony\Component\Ldap\Security\LdapUser`:          Property("username"), // since 4.4
}

// userClasses returns Symfony's classes of users and those of a website.
func userClasses(own map[string]Identifier) (map[string]Identifier, error) {
	all := maps.Clone(userNames)
	for class, where := range own {
		if err := checkClass("Users", class); err != nil {
			return nil, err
		}
		if where.property == "" && where.element <= 0 {
			return nil, fmt.Errorf(`symfony: Options.Users[%q] names neither a property nor an element: give symfony.Property("email") or symfony.Index(1)`, class)
		}
		all[class] = where
	}
	return all, nil
}

// proxies begins the class of a proxy of Doctrine, before the class that it stands
// for: Doctrine/Persistence/Proxy.php.
const proxies = `Proxies\__CG__\`

// find returns the identifier of a user, which may be anything.
func (i Identifier) find(user phpserialize.Value) (found phpserialize.Value, err error) {
	if user.Kind() == phpserialize.Custom {
		list, ok := user.Nested()
		if !ok || list.Kind() != phpserialize.Array {
			return found, ErrOpaqueUser
		}
		user = list
	}
	var ok bool
	switch {
	case i.property == "":
		found, ok = element(user, int64(i.element-1))
	case user.Kind() == phpserialize.Array:
		found, ok = user.Key(i.property)
	default:
		found, err = property(user, i.property)
		ok = err == nil
	}
	switch {
	case errors.Is(err, phpserialize.ErrAmbiguous):
		return found, ErrAmbiguous
	case !ok:
		return found, ErrNoIdentifier
	}
	return found, nil
}

// element returns the element of a list, if it is there once.
func element(list phpserialize.Value, index int64) (found phpserialize.Value, ok bool) {
	for key, value := range list.All() {
		if i, isInt := key.Int(); isInt && i == index {
			if ok {
				return found, false
			}
			found, ok = value, true
		}
	}
	return found, ok
}

// property returns a property of an object. That which a class has not declared
// private is, in one of Doctrine's proxies, the proxy's.
func property(user phpserialize.Value, name string) (phpserialize.Value, error) {
	found, err := user.Property(name)
	if err != nil && strings.Contains(name, "::") && strings.HasPrefix(user.Class(), proxies) {
		return user.Property(proxies + name)
	}
	return found, err
}

// name returns an identifier as text.
func (t *tokenReader) name(found phpserialize.Value) (string, error) {
	if n, ok := found.Int(); ok && t.integers {
		return strconv.FormatInt(n, 10), nil
	}
	data, _ := found.Bytes()
	if len(data) == 0 {
		return "", ErrNoIdentifier
	}
	return text(data)
}
