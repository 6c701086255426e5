package main

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A store is where a website keeps its sessions.
type store struct {
	dsn string // for both sides
	// state changes when the store does, as far as that can be seen: a session
	// that is added, deleted, written or prolonged.
	state func() string
	// locked reports whether PHP has locked a session. It is nil if there are no
	// locks.
	locked func(id string) bool
}

var stores = map[string]func(*testing.T) store{
	"PostgreSQL": postgres,
	"MariaDB":    mariaDB,
	"SQLite":     sqlite,
	"Redis":      redis,
	"Memcached":  memcached,
	"files":      files,
}

func postgres(t *testing.T) store {
	dsn := dsnOf("postgresql", testserver.Postgres(t), "postgres")
	db := database(t, "pgx", strings.Replace(dsn, "postgresql:", "postgres:", 1))
	return store{dsn, tableState(t, db), func(id string) bool {
		_, err := db.ExecContext(t.Context(), "SELECT 1 FROM sessions WHERE sess_id = $1 FOR UPDATE NOWAIT", id)
		return err != nil
	}}
}

func mariaDB(t *testing.T) store {
	d := testserver.MariaDB(t)
	login := fmt.Sprintf("%s:%s@unix(%s)/", d.User, d.Password, d.Socket)
	if _, err := database(t, "mysql", login).ExecContext(t.Context(), "CREATE DATABASE website"); err != nil {
		t.Fatal(err)
	}
	db := database(t, "mysql", login+"website")
	return store{dsnOf("mysql", d, "website"), tableState(t, db), func(id string) bool {
		_, err := db.ExecContext(t.Context(), "SELECT 1 FROM sessions WHERE sess_id = ? FOR UPDATE NOWAIT", id)
		return err != nil
	}}
}

func sqlite(t *testing.T) store {
	path := filepath.Join(t.TempDir(), "sessions.db")
	db := database(t, "sqlite", path)
	return store{"sqlite:///" + path, tableState(t, db), func(string) bool {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
			return true // the whole database is
		}
		conn.ExecContext(t.Context(), "ROLLBACK")
		return false
	}}
}

func dsnOf(scheme string, d *testserver.Database, name string) string {
	u := url.URL{Scheme: scheme, User: url.UserPassword(d.User, d.Password), Host: d.Addr, Path: "/" + name}
	return u.String()
}

func database(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func tableState(t *testing.T, db *sql.DB) func() string {
	return func() string {
		t.Helper()
		var rows, written, until, bytes int
		row := db.QueryRowContext(t.Context(), "SELECT COUNT(*), SUM(sess_time), SUM(sess_lifetime), SUM(LENGTH(sess_data)) FROM sessions")
		if err := row.Scan(&rows, &written, &until, &bytes); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d rows, written at %d, until %d, %d bytes", rows, written, until, bytes)
	}
}

func redis(t *testing.T) store {
	addr := testserver.Redis(t)
	return store{dsn: "redis://" + addr, state: func() string {
		t.Helper()
		return ask(t, addr, "DBSIZE", ":") + ask(t, addr, "INFO commandstats",
			"cmdstat_set", "cmdstat_del", "cmdstat_unlink", "cmdstat_exp", "cmdstat_getex", "cmdstat_touch")
	}}
}

func memcached(t *testing.T) store {
	addr := testserver.Memcached(t)
	return store{dsn: "memcached://" + addr, state: func() string {
		t.Helper()
		return ask(t, addr, "stats", "STAT curr_items", "STAT cmd_set", "STAT cmd_touch", "STAT delete_")
	}}
}

func files(t *testing.T) store {
	dir := t.TempDir()
	state := func() string {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, entry.Name(), info.Size(), info.ModTime().UnixNano())
		}
		return b.String()
	}
	return store{"file://" + dir, state, func(id string) bool {
		const tryLock = `exit(flock(fopen($argv[1], "r"), LOCK_SH | LOCK_NB) ? 0 : 1);`
		return exec.Command("php", "-r", tryLock, filepath.Join(dir, "sess_"+id)).Run() != nil
	}}
}

// ask sends a line to a server and returns those lines of the answer that begin
// with one of the prefixes.
func ask(t *testing.T, addr, line string, prefixes ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "%s\r\nquit\r\n", line)
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	var found strings.Builder
	for line := range strings.Lines(string(answer)) {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line, p) }) {
			found.WriteString(line)
		}
	}
	if found.Len() == 0 {
		t.Fatalf("%s answers %s with %q", addr, line, answer)
	}
	return found.String()
}
