package sqlstore

import (
	"net"
	"net/url"
	"strings"
	"testing"
)

// Whatever is accepted is handed to each driver so that it gets the same parts
// back, and nothing else.
func FuzzDSN(f *testing.F) {
	for _, dsn := range symfonyURLs {
		f.Add(dsn)
	}
	for _, dsn := range randomURLs(50) {
		f.Add(dsn)
	}
	for _, dsn := range []string{
		"pgsql:host=db;port=5433;dbname=site;user=app;password=pw", `pgsql:host = db dbname='the site' user=a\ b password='it\'s'`,
		"mysql:host=db;port=3307;charset=utf8;password=a;;b;", "mysql:unix_socket=/s;dbname=a/b?c=d", "sqlite:/var/a?b%", "sqlite://u:p@h/x",
	} {
		f.Add(dsn)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		p, err := parse(dsn)
		if err != nil {
			if len(err.Error()) > 400 || !strings.HasPrefix(err.Error(), "sqlstore: ") {
				t.Fatalf("%q: %v", dsn, err)
			}
			return
		}
		for _, d := range drivers[p.dialect] {
			name, err := d.dsn(p)
			if err != nil {
				continue
			}
			switch p.dialect {
			case PostgreSQL:
				checkPostgres(t, p, name)
			case MySQL:
				checkMySQL(t, p, name)
			case SQLite:
				checkSQLite(t, p, name)
			}
		}
	})
}

func checkPostgres(t *testing.T, p *place, name string) {
	u, err := url.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	q := u.Query()
	if u.User.Username() != p.user || password != p.password || u.Host != "" || u.Path != "/" || u.Fragment != "" ||
		q.Get("host") != p.host || q.Get("port") != p.port || q.Get("dbname") != p.database || q.Get("sslmode") != p.tls["sslmode"] && q.Get("sslmode") != "prefer" {
		t.Fatalf("%+v becomes %s", p, name)
	}
	// libpq, and pgx after it, do not know + for a space, and let only a / end
	// the credentials.
	if strings.Contains(name, "+") || strings.Count(name, "@") > 1 {
		t.Fatalf("%+v becomes %s", p, name)
	}
}

// checkMySQL reads name as ParseDSN of go-sql-driver/mysql does.
func checkMySQL(t *testing.T, p *place, name string) {
	slash := strings.LastIndexByte(name, '/')
	at := strings.LastIndexByte(name[:slash], '@')
	user, password, _ := strings.Cut(name[:at], ":")
	network, address, _ := strings.Cut(name[at+1:slash], "(")
	address, closed := strings.CutSuffix(address, ")")
	database, params, _ := strings.Cut(name[slash+1:], "?")
	database, err := url.PathUnescape(database)
	if err != nil || !closed || user != p.user || password != p.password || database != p.database || !strings.HasPrefix(params, "timeout=5s&") {
		t.Fatalf("%+v becomes %s: %v", p, name, err)
	}
	want := p.socket
	if network == "tcp" {
		want = address
		if host, _, err := net.SplitHostPort(address); err == nil && p.host != "" && host != p.host {
			t.Fatalf("%+v becomes %s: %v", p, name, err)
		}
	}
	if address != want || network == "unix" != (p.socket != "") {
		t.Fatalf("%+v becomes %s", p, name)
	}
}

// checkSQLite reads name as SQLite does: https://www.sqlite.org/uri.html
func checkSQLite(t *testing.T, p *place, name string) {
	path, params, _ := strings.Cut(strings.TrimPrefix(name, "file:"), "?")
	if authority, ok := strings.CutPrefix(path, "//"); ok {
		path = authority[strings.IndexByte(authority, '/'):]
		if !strings.HasPrefix(authority, "/") {
			t.Fatalf("%+v becomes %s, with a host", p, name)
		}
	}
	path, err := url.PathUnescape(path)
	if err != nil || path != p.file || !strings.HasPrefix(params, "mode=ro&") || strings.Contains(name, "#") {
		t.Fatalf("%+v becomes %s: %v", p, name, err)
	}
}
