package ticket

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// identity returns who a good ticket is for.
func (a *Authenticator) identity(claims jwt.MapClaims) (*firewall.Identity, error) {
	id := &firewall.Identity{}
	var err error
	if id.Expires, err = a.expires(claims); err != nil {
		return nil, err
	}
	values := &session.Session{Values: claims}
	found, _ := values.Lookup(a.opts.User...)
	if id.User, err = user(found); err != nil {
		return nil, fmt.Errorf("ticket: its claim %s: %w", a.opts.User, err)
	}
	found, _ = values.Lookup(a.opts.Roles...)
	if id.Roles, err = roles(found); err != nil {
		return nil, fmt.Errorf("ticket: its claim %s: %w", a.opts.Roles, err)
	}
	return id, nil
}

// expires returns when the identity ends by itself.
func (a *Authenticator) expires(claims jwt.MapClaims) (time.Time, error) {
	if a.opts.Lasts > 0 {
		return time.Now().Add(a.opts.Lasts), nil
	}
	expires, err := claims.GetExpirationTime()
	if err != nil || expires == nil {
		return time.Time{}, errors.New("ticket: it has no claim exp")
	}
	return expires.Add(a.opts.Leeway), nil
}

func user(claim any) (string, error) {
	switch v := claim.(type) {
	case string:
		if v != "" {
			return v, nil
		}
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return strconv.FormatInt(i, 10), nil
		}
	}
	return "", errors.New("it names no user, neither as a string nor as an integer")
}

func roles(claim any) ([]string, error) {
	if claim == nil {
		return nil, nil
	}
	list, ok := claim.([]any)
	names := make([]string, len(list))
	for i := range list {
		name, isString := list[i].(string)
		names[i], ok = name, ok && isString
	}
	if !ok {
		return nil, errors.New("the roles are not a list of strings")
	}
	return names, nil
}
