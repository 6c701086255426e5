package gorillasession

import (
	"errors"
	"fmt"

	"github.com/gorilla/securecookie"

	"github.com/rollcall-go/rollcall/session"
)

// Cookie returns the cookie of a website whose store keeps the sessions on the
// server, under an id that is signed in the cookie, as those of gorilla do. The
// codecs are the store's: securecookie.CodecsFromPairs of its keys, with the
// MaxAge, the HashFunc and so on that the website sets.
//
//	sessions, err := session.Open("redis://localhost:6379?prefix=session_",
//		&session.Options{Decode: gorillasession.Decode})
//
//	&firewall.SessionAuthenticator{
//		Sessions: sessions,
//		Cookie:   gorillasession.Cookie("session", securecookie.CodecsFromPairs(hashKey, blockKey)...),
//		Identify: firewall.Keys(firewall.Path{"user"}, nil),
//	}
//
// Cookie panics if there are no codecs. A store whose cookie is the bare id, such
// as github.com/rbcervilla/redisstore, needs no Cookie of this package.
func Cookie(name string, codecs ...securecookie.Codec) session.Cookie {
	if len(codecs) == 0 {
		panic("gorillasession: the cookie has no codecs: make them of the website's keys with securecookie.CodecsFromPairs")
	}
	codecs = append([]securecookie.Codec{}, codecs...)
	return session.Cookie{Name: name, MaxLen: maxCookie, Decode: func(value string) (string, error) {
		var id string
		if err := securecookie.DecodeMulti(name, value, &id, codecs...); err != nil {
			return "", refuse(err)
		}
		if !validID(id) {
			return "", fmt.Errorf("gorillasession: the cookie's session id has an unusual form: %w", session.ErrBadCookie)
		}
		return id, nil
	}}
}

// refuse says why a cookie has no id.
func refuse(err error) error {
	switch found, _ := examine(err); found {
	case stale:
		return fmt.Errorf("gorillasession: the cookie has expired: %w", session.ErrNoCookie)
	case forged:
		return fmt.Errorf("gorillasession: no key fits the cookie's signature: %w", session.ErrBadCookie)
	case undecodable:
		return fmt.Errorf("gorillasession: there is no session id in the cookie: %w", session.ErrBadCookie)
	}
	return fmt.Errorf("gorillasession: the codecs cannot be used: %w", err)
}

// validID reports whether an id may become part of a key. Those of gorilla are
// 32 bytes in base32.
func validID(id string) bool {
	if id == "" || len(id) > 250 {
		return false
	}
	for i := range len(id) {
		switch b := id[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case b == '-', b == '_':
		default:
			return false
		}
	}
	return true
}

// Decode returns the values of a session that is a gob of the map that gorilla
// keeps, for [session.Options].Decode. For a store with boj/redistore's
// JSONSerializer take that of package expresssession.
//
// The types of the website need not be known, let alone registered: integers are
// int64s, or uint64s if they do not fit; other numbers are float64s or
// complex128s; a slice or an array is a []any, but one of bytes is a []byte; a
// struct is a map[string]any of those fields that are not zero; a map is a
// map[string]any, or a map[any]any if its keys are no strings. What encodes
// itself, such as a time.Time, is the []byte that it wrote. Of the session itself
// values are left out whose keys are no strings.
//
// Package encoding/gob is not used, for it is not meant for input that somebody
// else wrote: it makes maps and slices as large as they say they are.
func Decode(data []byte) (map[string]any, error) {
	top, err := decodeGob(data)
	if err != nil {
		return nil, err
	}
	switch values := top.(type) {
	case map[any]any:
		return byText(values)
	case map[string]any:
		return values, nil
	}
	return nil, errors.New("gorillasession: the session is not a gob of a map")
}
