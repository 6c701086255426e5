package session

import (
	"errors"
	"strings"
)

// A Cookie says how a website's session cookie is called and what an id in it
// looks like.
type Cookie struct {
	// Name is the cookie's name, such as "PHPSESSID".
	Name string
	// MinLen and MaxLen bound the length of an id. They default to 16 and 256.
	MinLen, MaxLen int
}

// ErrNoCookie says that a request has no session cookie.
var ErrNoCookie = errors.New("session: no cookie")

// ErrBadCookie says that a session cookie cannot hold a session id. No store
// must be asked for it: an id becomes part of keys, queries and file names.
var ErrBadCookie = errors.New("session: malformed cookie")

// ID returns the session id from the value of a request's Cookie header, or
// ErrNoCookie or ErrBadCookie. If the cookie is there twice, the first counts,
// as it does in PHP. An id consists of letters, digits, commas,
// hyphens and underscores.
func (c Cookie) ID(header string) (string, error) {
	for header != "" {
		var pair string
		pair, header, _ = strings.Cut(header, ";")
		name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "=")
		if strings.Trim(name, " \t") != c.Name {
			continue
		}
		if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1] // RFC 6265, section 4.1.1
		}
		if value == "" {
			return "", ErrNoCookie // what a website leaves when it deletes one
		}
		if !c.valid(value) {
			return "", ErrBadCookie
		}
		return value, nil
	}
	return "", ErrNoCookie
}

const (
	defaultMinLen = 16
	defaultMaxLen = 256
)

func (c Cookie) valid(id string) bool {
	lo, hi := c.MinLen, c.MaxLen
	if lo == 0 {
		lo = defaultMinLen
	}
	if hi == 0 {
		hi = defaultMaxLen
	}
	if len(id) < lo || len(id) > hi {
		return false
	}
	for i := range len(id) {
		switch b := id[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case b == ',', b == '-', b == '_':
		default:
			return false
		}
	}
	return true
}
