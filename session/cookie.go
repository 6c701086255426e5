package session

import (
	"cmp"
	"errors"
	"net/url"
	"strings"
)

// A Cookie says how a website's session cookie is called and what an id in it
// looks like. The zero value is PHP's own.
type Cookie struct {
	// Name is the cookie's name. It defaults to "PHPSESSID".
	Name string
	// MinLen and MaxLen bound the length of an id. They default to 22 and 250,
	// the bounds of Symfony and of PHP's session.sid_length. With Decode, only
	// MaxLen counts, and a value may be three times as long.
	MinLen, MaxLen int
	// Decode makes the id of the cookie's value, for websites that sign or
	// encrypt it. By default the value is the id, and is checked: it consists of
	// letters, digits, commas, hyphens and underscores. With Decode it is Decode
	// that must let nothing through that the website did not make. Its error is
	// that of ID. It may be called concurrently.
	Decode func(value string) (id string, err error)
}

// ErrNoCookie says that a request has no session cookie.
var ErrNoCookie = errors.New("session: no cookie")

// ErrBadCookie says that a session cookie cannot hold a session id. No store
// must be asked for it: an id becomes part of keys, queries and file names.
var ErrBadCookie = errors.New("session: malformed cookie")

const (
	defaultName   = "PHPSESSID"
	defaultMinLen = 22
	defaultMaxLen = 250
)

// ID returns the session id from the value of a request's Cookie header, or
// ErrNoCookie or ErrBadCookie. It finds what PHP finds (main/php_variables.c):
// of two cookies with the name the first counts, %2C is a comma, a plus sign is
// itself, quotation marks belong to the value, PHPSESSID[] is an array, which is no
// id, and my.session is my_session. With Decode, names are what they are.
func (c Cookie) ID(header string) (string, error) {
	value, err := c.find(header)
	if err != nil {
		return "", err
	}
	// Decoding comes before checking, and the length is that of the id: %2C is
	// one letter. What is too long even if each is three bytes is not looked at.
	if max := cmp.Or(c.MaxLen, defaultMaxLen); len(value) > 3*max {
		return "", ErrBadCookie
	}
	value = unescape(value)
	if c.Decode != nil {
		return c.Decode(value)
	}
	if !c.valid(value) {
		return "", ErrBadCookie
	}
	return value, nil
}

// find returns the value of the first cookie of the name, still encoded. An array
// of the name, wherever it stands, takes its place.
func (c Cookie) find(header string) (value string, err error) {
	want := cmp.Or(c.Name, defaultName)
	err = ErrNoCookie
	for header != "" {
		var pair string
		pair, header, _ = strings.Cut(header, ";")
		name, v, _ := strings.Cut(strings.TrimLeft(pair, " \t\n\v\f\r"), "=")
		array := false
		if c.Decode == nil && name != want {
			name, array = phpName(name)
		}
		switch {
		case name != want:
		case array:
			return "", ErrBadCookie
		case errors.Is(err, ErrNoCookie) && value == "":
			value, err = v, nil
		}
	}
	if err == nil && value == "" {
		err = ErrNoCookie // what a website leaves when it deletes one
	}
	return value, err
}

// phpName returns the name under which PHP has a cookie, and whether it is an
// array: main/php_variables.c, php_register_variable_ex. A name that has become
// one with a prefix of RFC 6265bis is none.
func phpName(name string) (php string, array bool) {
	if !strings.ContainsAny(name, " .[") {
		return name, false
	}
	base, index, _ := strings.Cut(name, "[")
	if strings.Contains(index, "]") {
		array = true
	} else if len(base) < len(name) {
		base += "_" + index
	}
	php = underscores.Replace(base)
	for _, prefix := range []string{"__Host-", "__Secure-"} {
		if strings.HasPrefix(php, prefix) && !strings.HasPrefix(name, prefix) {
			return "", false
		}
	}
	return php, array
}

var underscores = strings.NewReplacer(" ", "_", ".", "_")

// unescape decodes %XX. A percent sign that does not begin one stays, as it does
// in PHP, and then nothing is decoded, as an id has no percent sign anyway.
func unescape(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

func (c Cookie) valid(id string) bool {
	if len(id) < cmp.Or(c.MinLen, defaultMinLen) || len(id) > cmp.Or(c.MaxLen, defaultMaxLen) {
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
