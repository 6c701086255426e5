package sqlstore

import (
	"strings"
	"testing"
)

func TestDSN(t *testing.T) {
	const sqliteParams = "?mode=ro&_pragma=busy_timeout(1000)&_pragma=query_only(1)&_busy_timeout=1000&_query_only=true"
	const pg = "&connect_timeout=5&application_name=rollcall"
	const my = "?timeout=5s&readTimeout=30s&writeTimeout=30s"
	for _, c := range []struct{ dsn, driver, want string }{
		{"postgresql://app:pw@db:5433/site", "pgx", "postgres://app:pw@/?host=db&port=5433&dbname=site" + pg + "&default_query_exec_mode=exec"},
		{"postgres://app:pw@db/site?serverVersion=16&charset=utf8", "postgres", "postgres://app:pw@/?host=db&dbname=site" + pg + "&binary_parameters=yes&sslmode=prefer"},
		{"PGSQL://db/site?sslmode=verify-full&sslrootcert=/etc/ca%20.pem", "postgres", "postgres:///?host=db&dbname=site" + pg + "&binary_parameters=yes&sslmode=verify-full&sslrootcert=%2Fetc%2Fca%20.pem"},
		{"pgsql://db/site?sslmode=require", "pgx", "postgres:///?host=db&dbname=site" + pg + "&default_query_exec_mode=exec&sslmode=require"},
		{"pgsql://u%40x:p%2F%3a@x@db/site", "pgx", "postgres://u%40x:p%2F%3A%40x@/?host=db&dbname=site" + pg + "&default_query_exec_mode=exec"},
		{"pgsql://u:100%@[::1]:5432/a%2Fb", "pgx", "postgres://u:100%25@/?host=%3A%3A1&port=5432&dbname=a%2Fb" + pg + "&default_query_exec_mode=exec"},
		{"postgresql://app@%2Fvar%2Frun%2Fpostgresql/site", "pgx", "postgres://app:@/?host=%2Fvar%2Frun%2Fpostgresql&dbname=site" + pg + "&default_query_exec_mode=exec"},
		{"pgsql:host=db;port=5433;dbname=site;user=app;password=pw", "pgx", "postgres://app:pw@/?host=db&port=5433&dbname=site" + pg + "&default_query_exec_mode=exec"},
		{`pgsql: host = db  dbname='the site' user=a\ b password='it''s'=x`, "pgx", ""},
		{`pgsql:host = db dbname='the site' user=a\ b password='it\'s' sslmode=disable connect_timeout=3`, "pgx", "postgres://a%20b:it%27s@/?host=db&dbname=the%20site" + pg + "&default_query_exec_mode=exec&sslmode=disable"},
		{"pgsql://h?db_username=App&db_password=Pw", "pgx", "postgres://App:Pw@/?host=h" + pg + "&default_query_exec_mode=exec"},
		{"pgsql:dbname=site", "pgx", "postgres:///?dbname=site" + pg + "&default_query_exec_mode=exec"},

		{"mysql://app:p%40w@db/site", "mysql", "app:p@w@tcp(db:3306)/site" + my + "&interpolateParams=true"},
		{"mysql2://app:pw@[::1]:3307/a%2Fb?charset=utf8mb4", "mysql", "app:pw@tcp([::1]:3307)/a%2Fb" + my + "&interpolateParams=true&charset=utf8mb4"},
		{"mariadb://db?charset=gbk", "mysql", ":@tcp(db:3306)/" + my + "&charset=gbk"},
		{"mysql://app:pw@localhost/site?unix_socket=/run/mysqld/mysqld.sock&tls=skip-verify", "mysql", "app:pw@unix(/run/mysqld/mysqld.sock)/site" + my + "&interpolateParams=true&tls=skip-verify"},
		{"mysql://localhost/site?db_username=app&db_password=a+b%2Bc@d", "mysql", "app:a b+c@d@tcp(localhost:3306)/site" + my + "&interpolateParams=true"},
		{"mysql:host=db;port=3307;dbname=site;charset=utf8;user=app;password=a;;b;", "mysql", "app:a;b@tcp(db:3307)/site" + my + "&interpolateParams=true&charset=utf8"},
		{"mysql:unix_socket=/s;dbname=site", "mysql", ":@unix(/s)/site" + my + "&interpolateParams=true"},
		{"mysql:host=db;unix_socket=/s;dbname=site", "mysql", ":@tcp(db:3306)/site" + my + "&interpolateParams=true"},
		{"mysql:host=localhost; unix_socket=/s; dbname=site", "mysql", ":@unix(/s)/site" + my + "&interpolateParams=true"},

		{"sqlite:////var/lib/site.db", "sqlite", "file:///var/lib/site.db" + sqliteParams},
		{"sqlite3:////var/lib/a%3Fb%20%25.db?db_table=s", "sqlite3", "file:///var/lib/a%3Fb%20%25.db" + sqliteParams},
		{"sqlite:///var/site.db", "sqlite", "file:var/site.db" + sqliteParams},
		{"sqlite://localhost/var/site.db", "sqlite", "file:var/site.db" + sqliteParams},
		{"sqlite:/var/lib/s@te.db", "sqlite", "file:///var/lib/s@te.db" + sqliteParams},
	} {
		p, err := parse(c.dsn)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s is not refused", c.dsn)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.dsn, err)
			continue
		}
		driver, got, err := p.driver([]string{"other", c.driver})
		if err != nil || driver != c.driver || got != c.want {
			t.Errorf("%s:\ngot  %s %s %v\nwant %s %s", c.dsn, driver, got, err, c.driver, c.want)
		}
	}
}

func TestDSNOptions(t *testing.T) {
	const params = "db_table=Web.Sessions&db_id_col=ID&db_data_col=d&db_lifetime_col=l&db_time_col=t&lock_mode=0&ttl=60&db_connection_options[12]=1"
	want := Options{Table: "Web.Sessions", IDCol: "ID", DataCol: "d", LifetimeCol: "l", TimeCol: "t"}
	folded := want
	folded.Table, folded.IDCol = "web.sessions", "id"
	for dsn, want := range map[string]Options{
		"mysql://h/d?" + params:                           want,
		"sqlite:////f?" + params:                          want,
		"pgsql://h/d?" + params:                           folded,
		"mysql:host=h;db_table=Sessions":                  {Table: "Sessions"},
		"pgsql:host=h;db_table=Sessions":                  {Table: "sessions"},
		"pgsql://h/d?db_table=a&db_table=b&db.time_col=c": {Table: "b", TimeCol: "c"},
		"pgsql://h/d?db_lifetime_col=-":                   {LifetimeCol: "-"},
	} {
		if p, err := parse(dsn); err != nil || p.options != want {
			t.Errorf("%s: %+v, %v", dsn, p, err)
		}
	}
}

// Each of these is refused with a text that helps, and without the password.
func TestBadDSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"":                                    "not of PostgreSQL, MySQL or SQLite",
		"redis://h":                           "not of PostgreSQL, MySQL or SQLite",
		"mysql://u:s3cret@h/d\n":              "end of a line",
		"mysql:///d":                          "unix_socket",
		"pgsql://u:s3cret@/d":                 "%2F",
		"mysql://u:s3cret@:3306/d":            "no host",
		"mysql://u:s3cret@h:33a/d":            "port",
		"mysql://u:s3cret@h:65536/d":          "port",
		"mysql://u:s3cret@h:0/d":              "port",
		"mysql://u:s3cret#x@h/d":              "%23",
		"mysql://u:12/s3cret@h/d":             "%2F",
		"mysql://u:12?s3cret@h/d":             "%3F",
		"mysql://u:12#s3cret@h/d":             "%23",
		"mysql://u:x@y/s3cret@h/d":            "%2F",
		"mysql://u:s3cret@h/d?db_tabel=x":     "db_tabel",
		"mysql://u:s3cret@h/d?db_table=":      "empty db_table",
		"mysql://u:s3cret@h/d?ssl-mode=X":     "tls=true",
		"mysql://u:s3cret@h/d?charset=a'b":    "charset",
		"mysql://u:s3cret%00@h/d":             "NUL",
		"mysql://h/d?db_password=s3cret%00":   "NUL",
		"mysql://u%00:s3cret@h/d":             "NUL",
		"mysql://u:s3cret@h%00/d":             "NUL",
		"mysql://u:s3cret@h/d%00":             "NUL",
		"mysql://h/d?unix_socket=%00":         "NUL",
		"sqlite:////a%00":                     "NUL",
		"mysql:host=h;password=s3cret;x":      "=",
		"mysql:host=h;password=s3cret;x=y":    "sqlstore.New",
		"pgsql:host=h password='s3cret":       "quote",
		"pgsql:host=h password=s3cret x":      "=",
		"pgsql:host=h password=s3cret port=x": "port",
		"sqlite://":                           "four slashes",
		"sqlite:":                             "four slashes",
		"sqlite:///":                          "four slashes",
		"sqlite:///:memory:":                  "in memory",
		"sqlite::memory:":                     "in memory",
		"sqlite:file:x?mode=ro":               "path",
	} {
		_, err := parse(dsn)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "sqlstore: ") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

// What no driver can be told is refused when the driver is known.
func TestBadForDriver(t *testing.T) {
	for _, dsn := range []string{"mysql://a%3Ab@h/d", "mysql://a@h%40/d", "mysql://a@h%29/d", "mysql://h/d?unix_socket=/a(b"} {
		p, err := parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, name, err := p.driver([]string{"mysql"}); err == nil {
			t.Errorf("%s becomes %s", dsn, name)
		}
	}
}

func TestNoDriver(t *testing.T) {
	for dsn, want := range map[string]string{
		"mysql://h/d":  `import _ "github.com/go-sql-driver/mysql"`,
		"sqlite:///db": `import _ "modernc.org/sqlite"`,
	} {
		if _, err := open(dsn); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
