package databases

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// connection is one that stays the same, for transactions.
func (w *site) connection(t *testing.T) *sql.Conn {
	t.Helper()
	conn, err := w.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func run(t *testing.T, conn *sql.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// testRowLock reads what was committed last while another connection has locked
// the row and changed it. If it waited, it would wait until the test's end.
func testRowLock(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "before")
	r := w.reader(t, "")
	lock := []string{"BEGIN", "SELECT * FROM sessions WHERE sess_id = 'one' FOR UPDATE"}
	if w.dialect == sqlstore.SQLite {
		lock = []string{"BEGIN IMMEDIATE"}
	}
	c := w.connection(t)
	run(t, c, append(lock, "UPDATE sessions SET sess_data = 'after'")...)
	expect(t, r, "one", "before")
	run(t, c, "COMMIT")
	expect(t, r, "one", "after")

	run(t, c, append(lock, "DELETE FROM sessions")...)
	expect(t, r, "one", "after")
	run(t, c, "COMMIT")
	expectNone(t, r, "one")
}

// testTableLock has nothing to read for as long as the table is locked, as it is
// while its columns are changed. What counts is that reading ends with ctx, and
// that it works afterwards.
func testTableLock(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	r := w.reader(t, "")
	expect(t, r, "one", "data")
	lock := map[sqlstore.Dialect][]string{
		sqlstore.PostgreSQL: {"BEGIN", "LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"},
		sqlstore.MySQL:      {"LOCK TABLES sessions WRITE"},
		sqlstore.SQLite:     {"BEGIN EXCLUSIVE"},
	}[w.dialect]
	c := w.connection(t)
	run(t, c, lock...)
	for range 20 { // more than there are connections
		expectDeadline(t, r)
	}
	if w.dialect == sqlstore.MySQL {
		run(t, c, "UNLOCK TABLES")
	} else {
		run(t, c, "COMMIT")
	}
	expect(t, r, "one", "data")
}

// expectDeadline expects that reading ends with ctx, as a failure of the store.
func expectDeadline(t *testing.T, r *session.Reader) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for _, result := range r.ReadMany(ctx, []string{"one", "two"}) {
		if !errors.Is(result.Err, context.DeadlineExceeded) {
			t.Fatal(result.Err)
		}
	}
}

// testWritesNothing reads what is there, what has expired and what is not there.
// Wherever it can be, who reads has only the right to SELECT.
func testWritesNothing(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	now := time.Now().Unix()
	w.row(t, "sessions", "old", "data", now-100, now-200)
	before := w.everything(t)
	r := w.reader(t, "")
	expect(t, r, "one", "data")
	expectNone(t, r, "old")
	expectNone(t, r, "none")
	if after := w.everything(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// everything is the content of the table, or of the folder that the file is in.
func (w *site) everything(t *testing.T) (all string) {
	t.Helper()
	if w.dialect == sqlstore.SQLite {
		files, _ := filepath.Glob(filepath.Join(filepath.Dir(w.name), "*"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all += fmt.Sprintf("%s %x\n", file, sha256.Sum256(data))
		}
		return all
	}
	rows, err := w.db.QueryContext(t.Context(), "SELECT * FROM sessions ORDER BY sess_id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, data, lifetime, time string
		if err := rows.Scan(&id, &data, &lifetime, &time); err != nil {
			t.Fatal(err)
		}
		all += fmt.Sprintln(id, data, lifetime, time)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// testWAL has a database with a write-ahead log, whose readers never wait.
func testWAL(t *testing.T, w *site) {
	must(t, w.db, "PRAGMA journal_mode = WAL")
	testRowLock(t, w)
	w.put(t, "one", "data")
	c := w.connection(t)
	run(t, c, "BEGIN EXCLUSIVE", "DELETE FROM sessions")
	r := w.reader(t, "")
	expect(t, r, "one", "data")
	run(t, c, "COMMIT")
	expectNone(t, r, "one")
}

// testReadOnlyFile has a file that nobody may write, in a folder likewise.
func testReadOnlyFile(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	w.db.Close()
	if err := os.Chmod(w.name, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(w.name), 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Dir(w.name), 0o755) })
	r := w.reader(t, "")
	expect(t, r, "one", "data")
	expectNone(t, r, "two")
}
