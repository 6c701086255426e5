package databases

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/sqlstore"
)

func TestMain(m *testing.M) {
	mysql.SetLogger(&mysql.NopLogger{}) // it tells of connections that a restart has ended
	leakcheck.Main(m)
}

// A site is the database of one website. Its tables are written through db, by
// somebody who may do everything, and read through dsn, by one who may SELECT.
type site struct {
	*server
	db   *sql.DB
	name string // of the database, or the path of the file
}

// A server has the databases of several sites.
type server struct {
	dialect sqlstore.Dialect
	*testserver.Database
	root  *sql.DB
	sites int
}

// reader is who reads, with a password that must be escaped everywhere.
const reader, readersPassword = "the reader", "r3ad@er:/?#[]%2F+&='\"\\;)("

func startPostgres(t testing.TB) *server {
	s := &server{dialect: sqlstore.PostgreSQL, Database: testserver.Postgres(t, "shared_preload_libraries=pg_stat_statements")}
	s.root = s.open(t, "pgx", s.postgresURL(s.User, s.Password, "postgres"))
	// Who reads may not write even if he had the right to.
	must(t, s.root, `CREATE ROLE "`+reader+`" LOGIN PASSWORD '`+strings.ReplaceAll(readersPassword, "'", "''")+"'")
	must(t, s.root, `ALTER ROLE "`+reader+`" SET default_transaction_read_only = on`)
	return s
}

func startMariaDB(t testing.TB) *server {
	s := &server{dialect: sqlstore.MySQL, Database: testserver.MariaDB(t, "--userstat")}
	s.root = s.open(t, "mysql", s.mysqlName("mysql"))
	must(t, s.root, `CREATE USER '`+reader+`'@'%' IDENTIFIED BY '`+strings.NewReplacer(`'`, `\'`, `\`, `\\`).Replace(readersPassword)+"'")
	return s
}

func (s *server) open(t testing.TB, driver, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (s *server) postgresURL(user, password, database string) string {
	return (&url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: s.Addr, Path: "/" + database}).String()
}

func (s *server) mysqlName(database string) string {
	return s.User + ":" + s.Password + "@tcp(" + s.Addr + ")/" + database + "?multiStatements=true"
}

// site makes a new database, without a table.
func (s *server) site(t testing.TB) *site {
	t.Helper()
	s.sites++
	w := &site{server: s, name: fmt.Sprint("site", s.sites)}
	switch s.dialect {
	case sqlstore.PostgreSQL:
		must(t, s.root, "CREATE DATABASE "+w.name)
		w.db = s.open(t, "pgx", s.postgresURL(s.User, s.Password, w.name))
		must(t, w.db, `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "`+reader+`"`)
		must(t, w.db, `ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO "`+reader+`"`)
	case sqlstore.MySQL:
		must(t, s.root, "CREATE DATABASE "+w.name)
		must(t, s.root, "GRANT SELECT ON "+w.name+".* TO '"+reader+"'@'%'")
		w.db = s.open(t, "mysql", s.mysqlName(w.name))
	case sqlstore.SQLite:
		w.name = filepath.Join(t.TempDir(), "site %23?#.db")
		w.db = s.open(t, "sqlite", "file://"+(&url.URL{Path: w.name}).EscapedPath()+"?_pragma=busy_timeout(5000)")
		must(t, w.db, "PRAGMA user_version = 1") // makes the file
	}
	return w
}

// dsn returns the data source name for who reads.
func (w *site) dsn(params string) string { return w.dsnAs(reader, readersPassword, params) }

func (w *site) dsnAs(user, password, params string) string {
	who := escape(user) + ":" + escape(password)
	switch w.dialect {
	case sqlstore.PostgreSQL:
		return "postgresql://" + who + "@" + w.Addr + "/" + w.name + "?" + params
	case sqlstore.MySQL:
		return "mysql://" + who + "@" + w.Addr + "/" + w.name + "?" + params
	}
	return "sqlite:///" + (&url.URL{Path: w.name}).EscapedPath() + "?" + params
}

// escape leaves nothing in a user's name or password that means something in a
// URL.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// raw reads the bytes of sessions as they are.
var raw = &session.Options{
	Decode:   func(data []byte) (map[string]any, error) { return map[string]any{"": string(data)}, nil },
	MaxBytes: 1 << 20,
	Timeout:  20 * time.Second, // no test is meant to reach it
}

// reader opens the site's sessions, and closes them when the test ends.
func (w *site) reader(t testing.TB, params string) *session.Reader {
	t.Helper()
	return openReader(t, w.dsn(params))
}

func openReader(t testing.TB, dsn string) *session.Reader {
	t.Helper()
	r, err := session.Open(dsn, raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// createTable makes the table of Symfony under these names.
func (w *site) createTable(t testing.TB, table, id, data, lifetime, time string) {
	t.Helper()
	types := map[sqlstore.Dialect][3]string{
		sqlstore.PostgreSQL: {"VARCHAR(128)", "BYTEA", "INTEGER"},
		sqlstore.MySQL:      {"VARBINARY(128)", "LONGBLOB", "INTEGER UNSIGNED"},
		sqlstore.SQLite:     {"TEXT", "BLOB", "INTEGER"},
	}[w.dialect]
	must(t, w.db, fmt.Sprintf("CREATE TABLE %s (%s %s NOT NULL PRIMARY KEY, %s %s NOT NULL, %s %s NOT NULL, %s %s NOT NULL)",
		table, id, types[0], data, types[1], lifetime, types[2], time, types[2]))
}

// sessions makes the table of Symfony under its own names.
func (w *site) sessions(t testing.TB) {
	t.Helper()
	w.createTable(t, "sessions", "sess_id", "sess_data", "sess_lifetime", "sess_time")
}

// put writes a session that lives for an hour.
func (w *site) put(t testing.TB, id, data string) {
	t.Helper()
	now := time.Now().Unix()
	w.row(t, "sessions", id, data, now+3600, now)
}

func (w *site) row(t testing.TB, table string, values ...any) {
	t.Helper()
	if text, ok := values[1].(string); ok {
		values[1] = []byte(text)
	}
	marks := "?" + strings.Repeat(", ?", len(values)-1)
	if w.dialect == sqlstore.PostgreSQL {
		marks = "$1"
		for i := range values[1:] {
			marks += fmt.Sprintf(", $%d", i+2)
		}
	}
	must(t, w.db, "INSERT INTO "+table+" VALUES ("+marks+")", values...)
}

func must(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// read reads one session as bytes.
func read(ctx context.Context, r *session.Reader, id string) (string, error) {
	s, err := r.Read(ctx, id)
	if err != nil {
		return "", err
	}
	return s.Values[""].(string), nil
}

// expect reads one session and compares it.
func expect(t testing.TB, r *session.Reader, id, want string) {
	t.Helper()
	if got, err := read(t.Context(), r, id); err != nil || got != want {
		t.Fatalf("got %.80q, %v; want %.80q", got, err, want)
	}
}

// expectNone expects that there is no session.
func expectNone(t testing.TB, r *session.Reader, id string) {
	t.Helper()
	if got, err := read(t.Context(), r, id); err != session.ErrNotFound {
		t.Fatalf("got %.80q, %v; want none", got, err)
	}
}
