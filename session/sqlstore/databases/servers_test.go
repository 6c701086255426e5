package databases

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// restart stops the server and starts it again. Its other users forget their
// connections.
func (w *site) restart() {
	w.Stop()
	w.start()
}

func (w *site) start() {
	w.Start()
	w.root.SetMaxIdleConns(0)
	w.root.SetMaxIdleConns(2)
}

func testUnixSocket(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	if w.dialect == sqlstore.MySQL {
		expect(t, w.reader(t, "unix_socket="+url.QueryEscape(w.Socket)), "one", "data")
		expect(t, openReader(t, "mysql:host=localhost;unix_socket="+w.Socket+";dbname="+w.name+";user="+w.User+";password="+w.Password), "one", "data")
		return
	}
	_, port, _ := net.SplitHostPort(w.Addr)
	expect(t, openReader(t, "postgresql://"+w.User+"@"+url.QueryEscape(w.Socket)+":"+port+"/"+w.name), "one", "data")
	expect(t, openReader(t, "pgsql:host="+w.Socket+";port="+port+";dbname="+w.name+";user="+w.User), "one", "data")
}

// testOneQuery counts what the server has been asked.
func testOneQuery(t *testing.T, w *site) {
	w.sessions(t)
	ids := w.thousand(t)
	r := w.reader(t, "")
	expect(t, r, ids[0], "data of "+ids[0]) // and connects
	count := func(ids []string) (n int) {
		before := w.asked(t)
		for _, result := range r.ReadMany(t.Context(), ids) {
			if result.Err != nil {
				t.Fatal(result.Err)
			}
		}
		return w.asked(t) - before
	}
	for _, c := range []struct{ ids, queries int }{{1, 1}, {300, 1}, {1000, 1}, {1001, 2}} {
		asked := ids[:min(c.ids, 1000)]
		if c.ids > 1000 {
			w.put(t, "another", "data")
			asked = append(asked[:len(asked):len(asked)], "another")
		}
		if n := count(asked); n != c.queries {
			t.Errorf("%d sessions took %d queries", c.ids, n)
		}
	}
}

// asked returns how many statements the server has executed for who reads, or,
// in MariaDB, how many it has been sent to select or to prepare.
func (w *site) asked(t *testing.T) (n int) {
	t.Helper()
	if w.dialect == sqlstore.PostgreSQL {
		must(t, w.root, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
		query := "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid WHERE rolname = $1"
		if err := w.root.QueryRowContext(t.Context(), query, reader).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, name := range []string{"Com_select", "Com_stmt_prepare"} {
		var more int
		if err := w.root.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE '"+name+"'").Scan(&name, &more); err != nil {
			t.Fatal(err)
		}
		n += more
	}
	return n
}

// testIndex reads one of a thousand sessions without reading all of the table.
func testIndex(t *testing.T, w *site) {
	w.sessions(t)
	ids := w.thousand(t)
	if w.dialect == sqlstore.PostgreSQL {
		must(t, w.db, "ANALYZE sessions")
	}
	r, err := session.Open(w.dsn(""), raw)
	if err != nil {
		t.Fatal(err)
	}
	indexed, scanned := w.scans(t)
	for _, result := range r.ReadMany(t.Context(), ids[:1]) { // more might not be worth the index
		if result.Err != nil {
			t.Fatal(result.Err)
		}
	}
	r.Close() // PostgreSQL counts then
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		nowIndexed, nowScanned := w.scans(t)
		if nowScanned != scanned {
			t.Fatalf("the table was read from its beginning: %d, %d", scanned, nowScanned)
		}
		if nowIndexed > indexed {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the index was not used")
		}
	}
}

// scans counts how often rows were found by an index, and otherwise.
func (w *site) scans(t *testing.T) (indexed, scanned int) {
	t.Helper()
	if w.dialect == sqlstore.PostgreSQL {
		if err := w.db.QueryRowContext(t.Context(), "SELECT idx_scan, seq_scan FROM pg_stat_user_tables").Scan(&indexed, &scanned); err != nil {
			t.Fatal(err)
		}
		return indexed, scanned
	}
	count := "SELECT sum(rows_read) FROM information_schema.index_statistics WHERE table_schema = '" + w.name + "'"
	if err := w.root.QueryRowContext(t.Context(), "SELECT coalesce(("+count+"), 0)").Scan(&indexed); err != nil {
		t.Fatal(err)
	}
	count = "SELECT sum(rows_read) FROM information_schema.table_statistics WHERE table_schema = '" + w.name + "'"
	if err := w.root.QueryRowContext(t.Context(), "SELECT coalesce(("+count+"), 0)").Scan(&scanned); err != nil {
		t.Fatal(err)
	}
	return indexed, scanned - indexed
}

// testRestart restarts the server between two readings, of connections that are
// ours and of those that are not.
func testRestart(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	s, err := sqlstore.New(w.db, w.dialect, nil)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := w.reader(t, ""), session.New(s, raw)
	expect(t, ours, "one", "data")
	expect(t, theirs, "one", "data")
	w.restart()
	expect(t, ours, "one", "data")
	expect(t, theirs, "one", "data")
}

// testRestartOften has many idle connections, all of which are lost.
func testRestartOften(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	r := w.reader(t, "")
	for range 3 {
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				if got, err := read(t.Context(), r, "one"); err != nil || got != "data" {
					t.Error(got, err)
				}
			})
		}
		wg.Wait()
		w.restart()
		expect(t, r, "one", "data")
	}
}

func testDown(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	r := w.reader(t, "")
	expect(t, r, "one", "data")
	w.Stop()
	for _, result := range r.ReadMany(t.Context(), []string{"one", "two"}) {
		expectFailure(t, result.Err, "cannot be asked")
	}
	expectFailure(t, w.reader(t, "").Check(t.Context()), "cannot be asked")
	w.start()
	expect(t, r, "one", "data")
}

// testPaused has a server that hangs, for those that connect, and for those that
// are connected, where it has one process for all.
func testPaused(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	connected, other := w.reader(t, ""), w.reader(t, "")
	expect(t, connected, "one", "data")
	w.Pause()
	for range 20 {
		expectDeadline(t, other)
	}
	if w.dialect == sqlstore.MySQL {
		for range 20 {
			expectDeadline(t, connected)
		}
	} else {
		expect(t, connected, "one", "data")
	}
	w.Resume()
	expect(t, connected, "one", "data")
	expect(t, other, "one", "data")
}

// testSilent has somebody who accepts connections and never says a word.
func testSilent(t *testing.T, w *site) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := openReader(t, strings.Replace(w.dsn(""), w.Addr, l.Addr().String(), 1))
	for range 20 {
		expectDeadline(t, r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(ctx, "one"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// testConcurrent reads from many goroutines, which share few connections.
func testConcurrent(t *testing.T, w *site) {
	w.sessions(t)
	for i := range 10 {
		w.put(t, fmt.Sprint("id", i), fmt.Sprint("data", i))
	}
	r := w.reader(t, "")
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			for range 10 {
				if got, err := read(t.Context(), r, fmt.Sprint("id", i%10)); err != nil || got != fmt.Sprint("data", i%10) {
					t.Error(got, err)
				}
			}
		})
	}
	wg.Wait()
	if w.dialect == sqlstore.SQLite {
		return
	}
	count := "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + reader + "' AND datname = '" + w.name + "'"
	if w.dialect == sqlstore.MySQL {
		count = "SELECT count(*) FROM information_schema.processlist WHERE user = '" + reader + "' AND db = '" + w.name + "'"
	}
	var n int
	if err := w.db.QueryRowContext(t.Context(), count).Scan(&n); err != nil || n == 0 || n > 8 {
		t.Errorf("%d connections, %v", n, err)
	}
}

// testUsersPool leaves the limits of somebody else's connections alone.
func testUsersPool(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "one", "data")
	w.db.SetMaxOpenConns(3)
	w.db.SetMaxIdleConns(1)
	s, err := sqlstore.New(w.db, w.dialect, nil)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, session.New(s, raw), "one", "data")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.db.PingContext(t.Context()); err != nil {
		t.Error("Close has closed the caller's database:", err)
	}
	if stats := w.db.Stats(); stats.MaxOpenConnections != 3 || stats.Idle != 1 {
		t.Errorf("%+v", stats)
	}
}
