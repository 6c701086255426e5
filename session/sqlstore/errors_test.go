package sqlstore

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// stateError is as pgconn.PgError and pq.Error are.
type stateError struct{ state, text string }

func (e *stateError) Error() string    { return e.text }
func (e *stateError) SQLState() string { return e.state }

func TestAskedAgain(t *testing.T) {
	for _, c := range []struct {
		err     error
		dialect Dialect
		queries int
	}{
		{io.ErrUnexpectedEOF, PostgreSQL, 2},
		{errors.New("invalid connection"), MySQL, 2},
		{fmt.Errorf("wrapped: %w", &stateError{"57P01", "terminating connection due to administrator command"}), PostgreSQL, 2},
		{&stateError{"08006", "connection failure"}, PostgreSQL, 2},
		{&stateError{"40001", "conflict with recovery"}, PostgreSQL, 2},
		{errors.New("Error 1053 (08S01): Server shutdown in progress"), MySQL, 2},
		{errors.New("Error 1927 (70100): Connection was killed"), MySQL, 2},
		{&stateError{"42P01", "x"}, PostgreSQL, 1},
		{&stateError{"57014", "canceling statement due to user request"}, PostgreSQL, 1},
		{errors.New("Error 1146 (42S02): Table 'a.b' doesn't exist"), MySQL, 1},
		{errors.New("Error 1064: You have an error"), MySQL, 1},
		{errors.New("database is locked"), SQLite, 1},
	} {
		var f fake
		s := f.store(t, c.dialect, fakeAnswer{err: c.err}, fakeAnswer{rows: [][]driver.Value{valid("a", "data")}})
		r := s.Fetch(t.Context(), []string{"a"}, 100)[0]
		if f.queries != c.queries || (r.Err == nil) != (c.queries > 1) {
			t.Errorf("%v: %d queries, %v", c.err, f.queries, r.Err)
		}
	}
}

// Of the errors whose text is not known to quote names only, it is left out.
func TestErrorsLeakNothing(t *testing.T) {
	const id, password = "k4pr0v1mq8s2t6u3abcdefghij", "p@ss w'ord"
	for _, c := range []struct {
		err  error
		says string
	}{
		{&stateError{"22P02", `malformed array literal: "{"` + id + `"}"`}, "PostgreSQL refused the query with its error 22P02"},
		{errors.New(`Error 1064 (42000): You have an error near '` + id[:8] + `'`), "PostgreSQL refused the query with its error 1064"},
		{&stateError{"42P01", `relation "` + id + `" does not exist`}, "there is no table sessions"},
		{errors.New("dial tcp: no route to\n\t" + id), "no route to ***"},
		{errors.New("unable to open a socket, locked"), "PostgreSQL cannot be asked: unable"},
		{errors.New("cannot parse " + password), "cannot parse ***"},
		{fmt.Errorf("cannot parse %q", "postgres://u:"+escape(password)+"@h"), "u:***@h"},
	} {
		var f fake
		s := f.store(t, PostgreSQL, fakeAnswer{err: c.err})
		s.secrets = (&place{password: password}).secrets()
		err := s.Fetch(t.Context(), []string{id}, 100)[0].Err
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "sqlstore: ") {
			t.Errorf("%v: %v", c.err, err)
		}
		for _, secret := range []string{id, id[:8], "p@ss", "w'ord", escape(password), "\n"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%v has %q", err, secret)
			}
		}
		if errors.Unwrap(err) != nil {
			t.Error("the driver's error can be had")
		}
	}
}
