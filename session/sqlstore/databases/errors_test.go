package databases

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// expectFailure expects an error of the store that says this and leaks nothing.
func expectFailure(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) {
		t.Fatalf("%v is no failure of the store", err)
	}
	text := err.Error()
	t.Log(text)
	if !strings.HasPrefix(text, "sqlstore: ") || !strings.Contains(text, says) || strings.Contains(text, "\n") {
		t.Errorf("it does not say %q", says)
	}
	for _, secret := range []string{readersPassword, "r3ad", "wr0ng", "one-id", "rollcall-checks"} {
		if strings.Contains(text, secret) {
			t.Errorf("it has %q", secret)
		}
	}
}

// testErrors makes the mistakes of a configuration. They are noticed by Check,
// before there are sessions.
func testErrors(t *testing.T, w *site) {
	failure := func(dsn, says string) {
		t.Helper()
		r := openReader(t, dsn)
		expectFailure(t, r.Check(t.Context()), says)
		_, err := r.Read(t.Context(), "one-id")
		expectFailure(t, err, says)
	}
	failure(w.dsn(""), "no table sessions")
	w.sessions(t)
	if err := w.reader(t, "").Check(t.Context()); err != nil {
		t.Error(err)
	}
	failure(w.dsn("db_table=visits"), "no table visits")
	failure(w.dsn("db_table=nowhere.visits"), map[sqlstore.Dialect]string{sqlstore.PostgreSQL: "no table nowhere.visits",
		sqlstore.MySQL: "may not read the table nowhere.visits", sqlstore.SQLite: "no table nowhere.visits"}[w.dialect])
	for _, column := range []string{"db_id_col", "db_data_col", "db_lifetime_col", "db_time_col"} {
		failure(w.dsn(column+"=other"), "table sessions has other columns")
	}
	if w.dialect == sqlstore.SQLite {
		failure("sqlite:///no/such.db", "three slashes")
		file := t.TempDir() + "/file"
		if err := os.WriteFile(file, []byte(strings.Repeat("no database", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		failure("sqlite:"+file, "not one of SQLite")
		return
	}
	failure(w.dsnAs(reader, "wr0ng'\\ pass;word", ""), "refuses the user")
	failure(w.dsnAs("nobody", readersPassword, ""), "refuses the user")
	_, port, _ := net.SplitHostPort(w.Addr)
	failure(strings.Replace(w.dsn(""), ":"+port+"/"+w.name, ":"+port+"/nowhere", 1),
		map[sqlstore.Dialect]string{sqlstore.PostgreSQL: "no such database", sqlstore.MySQL: "may not read"}[w.dialect])
	failure(strings.Replace(w.dsnAs(w.User, w.Password, ""), w.name, "nowhere", 1), "no such database")
	if w.dialect == sqlstore.MySQL {
		failure(strings.Replace(w.dsn(""), "/"+w.name, "", 1), "no such database")
		_, err := session.Open(w.dsn("tls=wr0ng"), raw)
		if err == nil || strings.Contains(err.Error(), readersPassword) || strings.Contains(err.Error(), "r3ad") {
			t.Error(err)
		}
		failure(w.dsn("tls=true"), "cannot be asked")
	} else {
		failure(w.dsn("sslmode=bad"), "cannot be asked")
		failure(w.dsn("sslmode=require"), "cannot be asked")
	}
}

// testNoRights has a user who may connect, and not read.
func testNoRights(t *testing.T, w *site) {
	w.sessions(t)
	revoke := "REVOKE SELECT ON sessions FROM \"" + reader + "\""
	if w.dialect == sqlstore.MySQL {
		revoke = "REVOKE SELECT ON " + w.name + ".* FROM '" + reader + "'@'%'"
	}
	must(t, w.db, revoke)
	if w.dialect == sqlstore.MySQL { // without any right there, he may not even connect
		must(t, w.db, "GRANT INSERT ON "+w.name+".* TO '"+reader+"'@'%'")
	}
	expectFailure(t, w.reader(t, "").Check(t.Context()), "GRANT SELECT")
}

// testPDONames opens what PDO takes.
func testPDONames(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	if w.dialect == sqlstore.SQLite {
		expect(t, openReader(t, "sqlite:"+w.name), "one", "data")
		return
	}
	host, port, _ := net.SplitHostPort(w.Addr)
	dsn := "host=" + host + ";port=" + port + ";dbname=" + w.name + ";user=" + w.User + ";password="
	if w.dialect == sqlstore.MySQL {
		expect(t, openReader(t, "mysql:"+dsn+w.Password+";charset=utf8mb4"), "one", "data")
		expect(t, openReader(t, "mysql:"+dsn+w.Password+";charset=latin1;db_table=sessions"), "one", "data")
		return
	}
	expect(t, openReader(t, "pgsql:"+dsn+"'"+w.Password+"'"), "one", "data")
	expect(t, openReader(t, "pgsql:"+strings.ReplaceAll(dsn, ";", " ")+w.Password+" sslmode=disable"), "one", "data")
}
