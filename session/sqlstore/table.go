package sqlstore

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Options say what the table and its columns are called. Nil, and the zero
// value, mean those of Symfony. A name is of letters, digits and underscores; it
// may be qualified, as in "web.sessions". It is quoted, so PostgreSQL takes it as
// it is, without folding it to lower case.
type Options struct {
	Table       string // defaults to "sessions"
	IDCol       string // defaults to "sess_id"
	DataCol     string // defaults to "sess_data"
	LifetimeCol string // defaults to "sess_lifetime"; "-" if there is none
	TimeCol     string // defaults to "sess_time"; "-" if there is none

	// Lifetime is how long a session lives after the time in TimeCol, which is
	// in seconds since 1970, where there is no LifetimeCol. The table of Laravel
	// is so, with a TimeCol "last_activity". Zero means that rows do not expire,
	// but are deleted.
	Lifetime time.Duration
}

// none is the name of a column that a table lacks.
const none = "-"

// A table is Options in SQL.
type table struct {
	dialect Dialect
	name    string // for people

	columns  [4]string // id, data, lifetime, time: quoted, or a constant
	from     string
	fixed    bool  // the lifetime is not in the table
	lifetime int64 // seconds; with fixed, 0 for ever
}

func newTable(d Dialect, o Options) (t table, err error) {
	if !d.known() {
		return t, fmt.Errorf("sqlstore: %d is no dialect: choose PostgreSQL, MySQL or SQLite", int(d))
	}
	t = table{dialect: d, name: cmp.Or(o.Table, "sessions"), fixed: o.LifetimeCol == none, lifetime: int64(o.Lifetime / time.Second)}
	switch {
	case o.Lifetime < 0 || o.Lifetime%time.Second != 0:
		return t, fmt.Errorf("sqlstore: the lifetime %v is not of whole seconds", o.Lifetime)
	case t.lifetime != 0 && !t.fixed:
		return t, errors.New(`sqlstore: the table has a lifetime for each session: leave Options.Lifetime, or set LifetimeCol to "-"`)
	case t.lifetime != 0 && o.TimeCol == none:
		return t, errors.New("sqlstore: Options.Lifetime needs a TimeCol that it begins at")
	}
	if t.from, err = t.quote("table", t.name); err != nil {
		return t, err
	}
	for i, c := range [4]struct{ what, name, preset string }{
		{"id column", o.IDCol, "sess_id"},
		{"data column", o.DataCol, "sess_data"},
		{"lifetime column", o.LifetimeCol, "sess_lifetime"},
		{"time column", o.TimeCol, "sess_time"},
	} {
		if c.name == none && i >= 2 {
			t.columns[i] = "0"
		} else if t.columns[i], err = t.quote(c.what, cmp.Or(c.name, c.preset)); err != nil {
			return t, err
		}
	}
	return t, nil
}

var validName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$`)

// quote returns a name as SQL has it. It cannot be bound as a parameter.
func (t *table) quote(what, name string) (string, error) {
	if !validName.MatchString(name) {
		return "", fmt.Errorf("sqlstore: the name of the %s, %.64q, is not of letters, digits, underscores and dots", what, name)
	}
	q := t.dialect.quote()
	return q + strings.ReplaceAll(name, ".", q+"."+q) + q, nil
}

// query returns the statement that asks for n sessions of at most max bytes. It
// has the columns of row.
func (t *table) query(n, max int) string {
	d := t.dialect
	id, data, lifetime, time := t.columns[0], t.columns[1], t.columns[2], t.columns[3]
	size := d.length() + "(" + data + ")"
	return "SELECT " + id + ", " + size +
		", CASE WHEN " + size + " <= " + strconv.Itoa(max) + " THEN " + data + " END" +
		", " + lifetime + ", " + time + ", " + d.now() +
		" FROM " + t.from + " WHERE " + id + d.among(n)
}

// longest is the longest lifetime that a row may hold as a duration. Up to
// Symfony 4.3 it always is one, from 6.0 on it always is the time of expiry, and
// between them it may be either: PdoSessionHandler::MAX_LIFETIME.
const longest = 315576000

// expires returns the last second in which the session of r is valid. It is not
// ok if r does not say.
func (t *table) expires(r *row) (at int64, ok bool) {
	switch {
	case r.lifetime.bad || r.time.bad:
		return 0, false
	case t.fixed && t.lifetime == 0:
		return math.MaxInt64, true
	case t.fixed:
		return r.time.n + t.lifetime, true
	case r.lifetime.n <= longest:
		return r.time.n + r.lifetime.n, true
	}
	return r.lifetime.n, true
}
