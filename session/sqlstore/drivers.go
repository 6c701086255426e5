package sqlstore

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// The limits of the connections that open makes. A round of rechecking needs
// one; the others are for many clients that connect at once.
const (
	maxConns = 8
	idleTime = time.Minute
	maxAge   = 10 * time.Minute // after that, a name may lead to another server
)

// open returns a store of its own connections.
func open(dsn string) (session.Store, error) {
	p, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	t, err := newTable(p.dialect, p.options)
	if err != nil {
		return nil, err
	}
	driver, name, err := p.driver(sql.Drivers())
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the driver %s refuses the data source name: %s", driver, redact(err.Error(), p.secrets()))
	}
	db.SetMaxOpenConns(maxConns)
	db.SetConnMaxIdleTime(idleTime)
	db.SetConnMaxLifetime(maxAge)
	renew(db)
	return &Store{db: db, table: t, owned: true, secrets: p.secrets()}, nil
}

// renew closes the connections of db that are idle: when one is lost, because
// the database was restarted, so are they all.
func renew(db *sql.DB) {
	db.SetMaxIdleConns(0)
	db.SetMaxIdleConns(maxConns)
}

// A known driver of database/sql, and how the address of a database is written
// for it.
type known struct {
	name string
	dsn  func(*place) (string, error)
}

// The first of them that is imported is taken.
var drivers = map[Dialect][]known{
	PostgreSQL: {{"pgx", (*place).forPgx}, {"postgres", (*place).forPq}},
	MySQL:      {{"mysql", (*place).forMySQL}},
	SQLite:     {{"sqlite", (*place).forSQLite}, {"sqlite3", (*place).forSQLite}},
}

var imports = map[Dialect]string{
	PostgreSQL: "github.com/jackc/pgx/v5/stdlib",
	MySQL:      "github.com/go-sql-driver/mysql",
	SQLite:     "modernc.org/sqlite",
}

func (p *place) driver(imported []string) (name, dsn string, err error) {
	for _, d := range drivers[p.dialect] {
		if slices.Contains(imported, d.name) {
			dsn, err = d.dsn(p)
			return d.name, dsn, err
		}
	}
	return "", "", fmt.Errorf("sqlstore: no driver for %v is imported: add import _ %q", p.dialect, imports[p.dialect])
}

// forPgx asks in one round trip and prepares nothing, which PgBouncer would not
// bear.
func (p *place) forPgx() (string, error) {
	return p.postgres("default_query_exec_mode", "exec")
}

// forPq likewise. Its sslmode is "require" unless one is given; libpq's is not.
func (p *place) forPq() (string, error) {
	if p.tls["sslmode"] == "" {
		return p.postgres("binary_parameters", "yes", "sslmode", "prefer")
	}
	return p.postgres("binary_parameters", "yes")
}

// postgres returns a URL, with all but the credentials in its parameters, since
// the host may be the folder of a unix socket.
func (p *place) postgres(more ...string) (string, error) {
	params := append([]string{"host", p.host, "port", p.port, "dbname", p.database,
		"connect_timeout", "5", "application_name", "rollcall"}, more...)
	for _, name := range tlsParams[PostgreSQL] {
		params = append(params, name, p.tls[name])
	}
	var b strings.Builder
	b.WriteString("postgres://")
	if p.user != "" || p.password != "" {
		b.WriteString(escape(p.user) + ":" + escape(p.password) + "@")
	}
	between := "/?"
	for i := 0; i < len(params); i += 2 {
		if params[i+1] != "" {
			b.WriteString(between + params[i] + "=" + escape(params[i+1]))
			between = "&"
		}
	}
	return b.String(), nil
}

// forMySQL has the driver put the ids into the query, which saves a round trip,
// where that is safe: in UTF-8, no byte of a character is a quote or backslash.
// The timeouts are for connections that database/sql makes or closes without a
// context.
func (p *place) forMySQL() (string, error) {
	if strings.Contains(p.user, ":") {
		return "", errors.New("sqlstore: the driver for MySQL cannot have a colon in a user's name")
	}
	network, address := "unix", p.socket
	if address == "" {
		network, address = "tcp", net.JoinHostPort(cmp.Or(p.host, "localhost"), cmp.Or(p.port, "3306"))
	}
	if strings.ContainsAny(address, "@()") {
		return "", errors.New("sqlstore: the driver for MySQL cannot have @ or parentheses in a host or unix socket")
	}
	params := "timeout=5s&readTimeout=30s&writeTimeout=30s"
	if p.charset == "" || strings.HasPrefix(p.charset, "utf8") {
		params += "&interpolateParams=true"
	}
	if p.charset != "" {
		params += "&charset=" + p.charset
	}
	if tls := p.tls["tls"]; tls != "" {
		params += "&tls=" + escape(tls)
	}
	return p.user + ":" + p.password + "@" + network + "(" + address + ")/" + escape(p.database) + "?" + params, nil
}

// forSQLite opens the file to read only. Each driver heeds the names that it
// knows of those that make it wait, for at most a second, while the website
// commits.
func (p *place) forSQLite() (string, error) {
	path := (&url.URL{Path: p.file}).EscapedPath()
	if strings.HasPrefix(path, "/") {
		path = "//" + path // or a second slash would begin a host
	}
	return "file:" + path + "?mode=ro&_pragma=busy_timeout(1000)&_pragma=query_only(1)&_busy_timeout=1000&_query_only=true", nil
}
