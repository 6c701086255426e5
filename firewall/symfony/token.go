package symfony

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// A tokenReader reads one token.
type tokenReader struct {
	*reader
	data []byte
}

// A signIn is what a token says.
type signIn struct {
	nobody     bool
	remembered bool
	user       phpserialize.Value
	name       string
	roles      []string
	by         phpserialize.Value // the token of who acts as the user, or null
}

// read returns the identity that a token stands for, and the user in it. There
// is none if it stands for nobody.
func (r *reader) read(ctx context.Context, data []byte) (*firewall.Identity, phpserialize.Value, error) {
	token, err := parse(data)
	if err != nil {
		return nil, token, err
	}
	t := tokenReader{r, data}
	s, err := t.signIn(ctx, token)
	if err != nil || s.nobody {
		return nil, token, err
	}
	id := &firewall.Identity{User: s.name, Roles: s.roles, Remembered: s.remembered}
	if s.by.Kind() == phpserialize.Null {
		return id, s.user, nil
	}
	session.Note(ctx, func() string { return "another user acts as this one" })
	if !r.impersonate {
		return nil, s.user, ErrImpersonated
	}
	by, err := t.signIn(ctx, s.by)
	if err != nil {
		return nil, s.user, err
	}
	if by.nobody || by.by.Kind() != phpserialize.Null {
		return nil, s.user, malformed("the one who acts as the user is nobody, or another one acts as him too")
	}
	id.Impersonator = by.name
	return id, s.user, nil
}

func parse(data []byte) (phpserialize.Value, error) {
	v, err := phpserialize.Parse(data)
	if errors.Is(err, phpserialize.ErrLimit) {
		return v, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	if err != nil {
		return v, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return v, nil
}

func malformed(why string) error { return fmt.Errorf("%w: %s", ErrMalformed, why) }

// signIn reads a token, but not that of who acts as its user.
func (t *tokenReader) signIn(ctx context.Context, token phpserialize.Value) (s signIn, err error) {
	class := token.Class()
	session.Note(ctx, func() string { return fmt.Sprintf("the token is of the class %.128q", class) })
	known, ok := t.tokens[class]
	if !ok {
		return s, unknownToken(class)
	}
	if known.nobody {
		return signIn{nobody: true}, nil
	}
	list, err := contents(token)
	for _, step := range known.steps {
		if err == nil {
			list, err = t.parent(list, step, &s)
		}
	}
	if err != nil {
		return s, err
	}
	s.remembered = known.remembered
	return s, t.abstract(ctx, list, &s)
}

func unknownToken(class string) error {
	switch class {
	case "":
		return malformed("it is no object")
	case twoFactor:
		return fmt.Errorf("%w: %q: the second factor is not there yet", ErrTokenClass, class)
	}
	return fmt.Errorf("%w: %.128q: if it signs its users in, name it in Options.Tokens", ErrTokenClass, class)
}

// contents returns the array or object that has what a token wrote.
func contents(token phpserialize.Value) (phpserialize.Value, error) {
	switch token.Kind() {
	case phpserialize.Object: // __serialize()
		return token, nil
	case phpserialize.Custom: // serialize()
		if array, ok := token.Nested(); ok && array.Kind() == phpserialize.Array {
			return array, nil
		}
	}
	return token, malformed("the token has not written a list")
}

// parent goes from what a class wrote to what its parent wrote.
func (t *tokenReader) parent(list phpserialize.Value, at step, s *signIn) (parent phpserialize.Value, err error) {
	var elements [maxElements]phpserialize.Value
	n, err := elementsOf(list, elements[:])
	if err != nil {
		return parent, err
	}
	if at.switched {
		if n == 2 { // up to Symfony 5.1
			at.len, at.parent = 2, 1
		}
		if s.by = elements[0]; s.by.Kind() == phpserialize.Null {
			return parent, malformed("there is no token of who acts as the user")
		}
	}
	if n != at.len {
		return parent, malformed("the list is not as long as the class writes it")
	}
	switch parent = elements[at.parent]; parent.Kind() {
	case phpserialize.Array:
		return parent, nil
	case phpserialize.String:
		return t.nested(parent)
	}
	return parent, malformed("there is no list where the parent's must be")
}

// elementsOf puts the elements of a list into a slice, and returns how many there
// are.
func elementsOf(list phpserialize.Value, into []phpserialize.Value) (n int, err error) {
	if list.Len() > len(into) {
		return 0, malformed("the list is too long")
	}
	for key, value := range list.All() {
		if i, ok := key.Int(); !ok || i != int64(n) {
			return 0, malformed("the keys are not those of a list")
		}
		into[n] = value
		n++
	}
	return n, nil
}

// nested reads the list in a string, which is how Symfony up to 3.4.21 wrote that
// of a parent, and which all versions still read. References did not survive
// that, as PHP counts the values of both as one: symfony/symfony#14274, #30006.
func (t *tokenReader) nested(list phpserialize.Value) (phpserialize.Value, error) {
	if bytes.Contains(t.data, []byte(";r:")) || bytes.Contains(t.data, []byte(";R:")) {
		return list, malformed("it has a token in a string, and references")
	}
	data, _ := list.Bytes()
	array, err := parse(data)
	if err == nil && array.Kind() != phpserialize.Array {
		err = malformed("there is no list in the string where the parent's must be")
	}
	return array, err
}
