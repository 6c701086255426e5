package sqlstore

import (
	"fmt"
	"net/url"
	"strings"
)

// A place is what a data source name says: where a table is.
type place struct {
	dialect Dialect

	user, password  string
	host, port      string // of PostgreSQL also the folder of a unix socket
	database        string
	socket, charset string            // of MySQL
	tls             map[string]string // by the names of tlsParams
	file            string            // of SQLite

	options Options
}

// schemes are the dialects by the scheme of a URL, or of what PDO takes.
var schemes = map[string]Dialect{
	"postgresql": PostgreSQL, "postgres": PostgreSQL, "pgsql": PostgreSQL,
	"mysql": MySQL, "mysql2": MySQL, "mariadb": MySQL,
	"sqlite": SQLite, "sqlite3": SQLite,
}

// tlsParams are handed to the drivers.
var tlsParams = map[Dialect][]string{
	PostgreSQL: {"sslmode", "sslrootcert", "sslcert", "sslkey"},
	MySQL:      {"tls"},
}

// parse reads a data source name. Its errors quote nothing that may be a part of
// a password.
func parse(dsn string) (*place, error) {
	for i := range len(dsn) {
		if dsn[i] < ' ' || dsn[i] == 0x7f {
			return nil, fault("has a control character, perhaps the end of a line")
		}
	}
	scheme, rest, _ := strings.Cut(dsn, ":")
	p := &place{dialect: schemes[strings.ToLower(scheme)], tls: make(map[string]string)}
	if p.dialect == 0 {
		return nil, fault("is not of PostgreSQL, MySQL or SQLite")
	}
	read := p.readPDO
	if address, isURL := strings.CutPrefix(rest, "//"); isURL {
		rest, read = address, p.readURL
	}
	if err := read(rest); err != nil {
		return nil, err
	}
	return p, p.check()
}

// fault returns an error about a data source name.
func fault(format string, args ...any) error {
	return fmt.Errorf("sqlstore: the data source name "+format, args...)
}

// option takes one of the options of PdoSessionHandler, or one about TLS, and
// reports whether it is either.
func (p *place) option(name, value string) (taken bool, err error) {
	for _, n := range tlsParams[p.dialect] {
		if n == name {
			p.tls[name] = value
			return true, nil
		}
	}
	to := map[string]*string{
		"db_table": &p.options.Table, "db_id_col": &p.options.IDCol, "db_data_col": &p.options.DataCol,
		"db_lifetime_col": &p.options.LifetimeCol, "db_time_col": &p.options.TimeCol,
		"db_username": &p.user, "db_password": &p.password,
	}[name]
	switch {
	case to == nil && strings.HasPrefix(name, "db_connection_options"): // an array
		return true, nil
	case to == nil && strings.HasPrefix(name, "db_"):
		return false, fault("has an unknown parameter %.40q; there are db_table, db_id_col, db_data_col, db_lifetime_col and db_time_col", name)
	case to == nil && p.dialect == MySQL && strings.HasPrefix(name, "ssl"):
		return false, fault("has the parameter %.40q, which is for PostgreSQL: for MySQL it is tls=true", name)
	case to == nil:
		return false, nil
	case value == "" && to != &p.password:
		return false, fault("has an empty %s", name)
	case p.dialect == PostgreSQL && to != &p.user && to != &p.password:
		value = strings.ToLower(value) // as PostgreSQL does with what is not quoted
	}
	*to = value
	return true, nil
}

// check refuses what no driver may get.
func (p *place) check() error {
	for _, s := range []string{p.user, p.password, p.host, p.database, p.socket, p.file} {
		if strings.Contains(s, "\x00") {
			return fault("has a NUL")
		}
	}
	if strings.Trim(p.charset, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return fault("has a charset that is not of letters, digits and underscores")
	}
	if p.dialect != SQLite {
		return nil
	}
	switch {
	case p.file == "":
		return fault("has no file: it looks like sqlite:////var/lib/website/sessions.db, with four slashes, or three for a relative one")
	case strings.HasPrefix(p.file, ":memory:"):
		return fault("is of a database in memory, which only the website's own process can see")
	case strings.HasPrefix(p.file, "file:"):
		return fault("has a URI for the file: give its path")
	}
	return nil
}

// secrets returns the password in the forms in which a driver may quote it.
func (p *place) secrets() []string {
	if p.password == "" {
		return nil
	}
	return []string{p.password, escape(p.password), url.QueryEscape(p.password), url.PathEscape(p.password), fmt.Sprintf("%q", p.password)}
}
