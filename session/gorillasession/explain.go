package gorillasession

import (
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gorilla/securecookie"

	"github.com/rollcall-go/rollcall/session"
)

// explain makes a store's error one of a [session.Handler].
func explain(err error) error {
	fault, text := examine(err)
	switch {
	case fault == stale, errors.Is(err, fs.ErrNotExist), errors.Is(err, sql.ErrNoRows):
		return session.ErrNotFound
	case fault == forged, fault == undecodable:
		return fmt.Errorf("gorillasession: %w: %s", session.ErrUnreadable, text)
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err // the path has the session's id
	}
	return fmt.Errorf("gorillasession: %w", err)
}

// A fault is what is wrong with a cookie.
type fault int

const (
	none        fault = iota // it is not the cookie
	forged                   // no pair of keys has made it
	stale                    // the website made it, too long ago
	undecodable              // the website made it, but not so that we can read it
)

// examine says what securecookie complains of. It has an error for each pair of
// keys; the telling one is that of the pair that fits.
func examine(err error) (found fault, text string) {
	all, ok := errors.AsType[securecookie.MultiError](err)
	if !ok {
		return none, ""
	}
	for _, err := range all {
		e, ok := err.(securecookie.Error)
		switch {
		case ok && !e.IsDecode():
			return none, "" // the keys are of no use
		case !ok, errors.Is(err, securecookie.ErrMacInvalid), corrupt(e):
			// That a value is too long is an error of no kind.
			if found == none {
				found, text = forged, "no key fits the cookie's signature; the website may use another name or other keys"
			}
		case e.Cause() == nil:
			return stale, ""
		default:
			// It may lack a type, whose name the text says.
			found, text = undecodable, e.Cause().Error()
		}
	}
	return found, text
}

// corrupt reports whether a value is not even base64, which is found out before
// its signature is looked at.
func corrupt(e securecookie.Error) bool {
	_, ok := errors.AsType[base64.CorruptInputError](e.Cause())
	return ok
}
