package sqlstore

import "strings"

// A Dialect is the SQL of a database.
type Dialect int

// The dialects.
const (
	PostgreSQL Dialect = iota + 1
	MySQL              // and MariaDB
	SQLite
)

func (d Dialect) known() bool { return d >= PostgreSQL && d <= SQLite }

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	case SQLite:
		return "SQLite"
	}
	return "an unknown database"
}

// quote returns what encloses names. In SQLite it must not be ", or the name of
// a column that is not there is taken for a text.
func (d Dialect) quote() string {
	if d == PostgreSQL {
		return `"`
	}
	return "`"
}

// length returns the function that tells how long data is without reading all of
// it. That of SQLite counts the characters of a text, and the bytes of a BLOB,
// which is what PDO writes; the others always count bytes.
func (d Dialect) length() string {
	if d == SQLite {
		return "length"
	}
	return "octet_length"
}

// now returns the present time in whole seconds since 1970.
func (d Dialect) now() string {
	switch d {
	case PostgreSQL:
		return "CAST(floor(extract(epoch FROM now())) AS bigint)"
	case MySQL:
		return "UNIX_TIMESTAMP()"
	}
	return "CAST(strftime('%s', 'now') AS integer)"
}

// among returns the condition that a column is one of n values.
func (d Dialect) among(n int) string {
	if d == PostgreSQL {
		return " = ANY($1::text[])"
	}
	return " IN (?" + strings.Repeat(", ?", n-1) + ")"
}

// args returns the ids as among wants them.
func (d Dialect) args(ids []string) []any {
	if d == PostgreSQL {
		return []any{array(ids)}
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return args
}

// array writes an array as PostgreSQL reads it from text: PostgreSQL manual,
// 8.15.6. Every driver can pass a text.
func array(elements []string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var b strings.Builder
	b.WriteByte('{')
	for i, e := range elements {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		escape.WriteString(&b, e)
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}
