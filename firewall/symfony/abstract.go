package symfony

import (
	"context"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// abstract reads what AbstractToken wrote: Security/Core/Authentication/Token/
// AbstractToken.php.
//
//	user, authenticated, roles, attributes            up to 4.2
//	user, authenticated, roles, attributes, names     since 4.3
//
// The roles are objects up to 4.4 and null since 5.0. The names are theirs.
// Whether it is authenticated is always true since 6.0.
func (t *tokenReader) abstract(ctx context.Context, list phpserialize.Value, s *signIn) (err error) {
	var elements [5]phpserialize.Value
	n, err := elementsOf(list, elements[:])
	if err != nil {
		return err
	}
	user, authenticated, roles, attributes, names := elements[0], elements[1], elements[2], elements[3], elements[4]
	ok, isBool := authenticated.Bool()
	if !isBool || attributes.Kind() != phpserialize.Array { // also if there are fewer
		return malformed("the list is not what AbstractToken writes")
	}
	if !ok || user.Kind() == phpserialize.Null {
		return ErrUnauthenticated
	}
	s.user = user
	if s.name, err = t.identifier(ctx, user); err != nil {
		return err
	}
	if s.by.Kind() == phpserialize.Null {
		if s.by, err = switchedBy(roles); err != nil {
			return err
		}
	}
	if n == 5 {
		s.roles, err = roleNames(names)
	} else {
		s.roles, err = roleObjects(roles)
	}
	return err
}

// identifier returns the user identifier.
func (t *tokenReader) identifier(ctx context.Context, user phpserialize.Value) (string, error) {
	switch user.Kind() {
	case phpserialize.String:
		session.Note(ctx, func() string { return "the user is a string" })
		return t.name(user)
	case phpserialize.Object, phpserialize.Custom:
	default:
		return "", malformed("the user is neither an object nor a string")
	}
	class := user.Class()
	where, ok := t.users[class]
	if !ok {
		where, ok = t.users[strings.TrimPrefix(class, proxies)]
	}
	if !ok {
		session.Note(ctx, func() string {
			return fmt.Sprintf("the user is of the class %.128q, which is not in Options.Users", class)
		})
		return "", fmt.Errorf("%w: %.128q: say in Options.Users where its identifier is", ErrUserClass, class)
	}
	session.Note(ctx, func() string {
		return fmt.Sprintf("the user is of the class %.128q, and its identifier is %s", class, where)
	})
	found, err := where.find(user)
	if err != nil {
		return "", fmt.Errorf("%w: the class %.128q", err, class)
	}
	name, err := t.name(found)
	if err != nil {
		return "", fmt.Errorf("%w: the class %.128q, %s", err, class, where)
	}
	return name, nil
}
