// Package sqlstore reads the sessions of a website that keeps them in a table of
// PostgreSQL, MySQL, MariaDB or SQLite, as Symfony's PdoSessionHandler does.
//
// With it, [session.Open] takes the data source names that the website has as
// its framework.session.handler_id, once a driver of database/sql is imported
// too (github.com/jackc/pgx/v5/stdlib or github.com/lib/pq,
// github.com/go-sql-driver/mysql, modernc.org/sqlite or
// github.com/mattn/go-sqlite3):
//
//	import (
//		_ "github.com/jackc/pgx/v5/stdlib"
//		_ "github.com/rollcall-go/rollcall/session/sqlstore"
//	)
//
//	sessions, err := session.Open("postgresql://user:password@localhost/website?db_table=web.sessions", nil)
//
// The schemes are postgresql, postgres and pgsql; mysql, mysql2 and mariadb;
// sqlite and sqlite3. After the scheme comes a URL as above, read as Symfony
// reads it, or what PDO takes: "pgsql:host=localhost;dbname=website",
// "sqlite:/var/lib/website.db". Note that the path of "sqlite:///x" is relative:
// an absolute one takes four slashes. These parameters mean something:
//
//   - db_table, db_id_col, db_data_col, db_lifetime_col, db_time_col: the names
//     of [Options]. PostgreSQL folds them to lower case, since Symfony does not
//     quote them.
//   - db_username, db_password: instead of those in front of the host.
//   - unix_socket and charset, of MySQL. PHP takes the socket for the host
//     "localhost"; here that is TCP, unless unix_socket is given.
//   - sslmode, sslrootcert, sslcert and sslkey, of PostgreSQL, and tls=true,
//     skip-verify or preferred, of MySQL, which Symfony does not know.
//
// Others are for those who write sessions (lock_mode, ttl,
// db_connection_options) or for Doctrine (serverVersion), and are ignored;
// unknown ones that begin with "db_" are refused. Whoever needs another
// connection than that makes it himself, and calls [New].
//
// A file of SQLite that has a write-ahead log must be read as the website's user:
// SQLite makes two files beside it if they are not there, which the website must
// be able to write.
//
// The store asks with one SELECT for up to a thousand sessions, outside of a
// transaction: it takes no lock, does not wait for those that PHP holds during a
// request, and writes nothing. A right to SELECT is all that its user needs.
//
// Whether a session has expired is decided by the database's clock. The website
// wrote the time by its own; of the others, the database's is the one that all
// nodes see alike.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/rollcall-go/rollcall/session"
)

func init() {
	session.Register(open, "postgresql", "postgres", "pgsql", "mysql", "mysql2", "mariadb", "sqlite", "sqlite3")
}

// A Store reads sessions from a table. It may be used concurrently.
type Store struct {
	db      *sql.DB
	table   table
	owned   bool     // Close closes db
	secrets []string // what no error may quote
}

var _ session.Store = (*Store)(nil)

// New returns a store of the sessions in a table of db, which stays the
// caller's: its limits are not touched, and Close does not close it. New does
// not connect.
func New(db *sql.DB, dialect Dialect, opts *Options) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: the database is nil")
	}
	var o Options
	if opts != nil {
		o = *opts
	}
	t, err := newTable(dialect, o)
	if err != nil {
		return nil, err
	}
	return &Store{db: db, table: t}, nil
}

// perQuery is how many sessions are asked for at once. Of the databases, SQLite
// has the lowest limit of parameters: 32766.
const perQuery = 1000

// Fetch implements [session.Store]. It returns when ctx ends, even if the driver
// does not.
func (s *Store) Fetch(ctx context.Context, ids []string, max int) []session.Record {
	records := session.Fail(len(ids), session.ErrNotFound)
	at := make(map[string][]int, len(ids))
	var ask []string
	for i, id := range ids {
		if !possible(id) {
			session.Note(ctx, func() string { return "the session id has characters that no website gives out" })
			continue
		}
		if at[id] == nil {
			ask = append(ask, id)
		}
		at[id] = append(at[id], i)
	}
	for chunk := range slices.Chunk(ask, perQuery) {
		rows, err := s.rows(ctx, chunk, max)
		for _, id := range chunk {
			var r session.Record
			if r.Err = err; err == nil {
				r = s.record(ctx, rows[id], max)
			}
			for n, i := range at[id] {
				records[i] = r
				if n > 0 {
					records[i].Data = slices.Clone(r.Data)
				}
			}
		}
	}
	return records
}

// possible reports whether an id may be asked for. Others than printable ASCII
// would make some databases refuse the whole query, and with it the ids of other
// visitors: a NUL, what is no UTF-8, what the collation of the column lacks.
func possible(id string) bool {
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return id != ""
}

// record makes the answer of what the table has, or of nil.
func (s *Store) record(ctx context.Context, r *row, max int) session.Record {
	if r == nil {
		return absent(ctx, func() string { return "the table " + s.table.name + " has no row with this session id" })
	}
	expires, ok := s.table.expires(r)
	switch {
	case !ok:
		return session.Record{Err: fmt.Errorf("sqlstore: %w: the columns of its lifetime and time are no whole numbers", session.ErrUnreadable)}
	case expires < r.now.n:
		return absent(ctx, func() string {
			return fmt.Sprintf("the table %s has it, but by the clock of the database it expired %d s ago", s.table.name, r.now.n-expires)
		})
	case r.size.n == 0 && len(r.data) == 0:
		return absent(ctx, func() string {
			return "the table " + s.table.name + " has it without data: the website kept nothing in it, or is about to"
		})
	case r.size.n > int64(max) || len(r.data) > max:
		return session.Record{Err: fmt.Errorf("sqlstore: %w: it is longer than %d bytes", session.ErrUnreadable, max)}
	}
	return session.Record{Data: r.data}
}

func absent(ctx context.Context, why func() string) session.Record {
	session.Note(ctx, why)
	return session.Record{Err: session.ErrNotFound}
}

// Close implements [session.Store]. It closes the database if [session.Open] has
// opened it.
func (s *Store) Close() error {
	if !s.owned {
		return nil
	}
	if err := s.db.Close(); err != nil {
		return errors.New("sqlstore: close: " + redact(err.Error(), s.secrets))
	}
	return nil
}
