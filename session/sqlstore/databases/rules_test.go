package databases

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// testLifetime has rows as each version of Symfony writes them. Its own rule is
// in PdoSessionHandler::doRead. The times are far enough from their bounds that
// the test may be slow.
func testLifetime(t *testing.T, w *site) {
	w.sessions(t)
	r := w.reader(t, "")
	now := time.Now().Unix()
	const far = 1000
	for name, c := range map[string]struct {
		lifetime, time int64
		data           string
		valid          bool
	}{
		"absolute":                   {now + far, now, "x", true},
		"absolute expired":           {now - far, now, "x", false},
		"absolute written long ago":  {now + far, 1, "x", true},
		"duration":                   {2 * far, now - far, "x", true},
		"duration expired":           {far, now - 2*far, "x", false},
		"duration 0":                 {0, now - far, "x", false},
		"longest duration":           {315576000, now - 315576000 + far, "x", true},
		"longest duration expired":   {315576000, now - 315576000 - far, "x", false},
		"shortest absolute expired":  {315576001, now, "x", false},
		"empty":                      {now + far, now, "", false},
		"empty as Symfony 5.4 locks": {now, now, "", false},
		"binary":                     {now + far, now, "\x00\xff'\\\"\n\r\x1a", true},
		"duration beyond 2038":       {315576000, 2147483647, "x", true},
	} {
		id := strings.ReplaceAll(name, " ", "-")
		w.row(t, "sessions", id, c.data, c.lifetime, c.time)
		got, err := read(t.Context(), r, id)
		if c.valid && (err != nil || got != c.data) || !c.valid && err != session.ErrNotFound {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// testNames has other names for everything. PostgreSQL folds those that Symfony
// does not quote, so the table is found under a name that is not lower case.
func testNames(t *testing.T, w *site) {
	table := "Web.Logins"
	switch w.dialect {
	case sqlstore.PostgreSQL:
		must(t, w.db, "CREATE SCHEMA Web")
	case sqlstore.MySQL:
		table = w.name + ".Logins"
	case sqlstore.SQLite:
		table = "main.Logins"
	}
	w.createTable(t, table, "Sid", "D_1", "Exp", "Wrote")
	now := time.Now().Unix()
	w.row(t, table, "one", "data", now+100, now)
	expect(t, w.reader(t, "db_table="+table+"&db_id_col=Sid&db_data_col=D_1&db_lifetime_col=Exp&db_time_col=Wrote"), "one", "data")
}

// testNoLifetime has a table as Laravel's, and one whose rows do not expire.
func testNoLifetime(t *testing.T, w *site) {
	w.createTable(t, "sessions", "id", "payload", "user_id", "last_activity")
	now := time.Now().Unix()
	w.row(t, "sessions", "fresh", "data", 7, now-50)
	w.row(t, "sessions", "old", "data", 7, now-200)
	open := func(o sqlstore.Options) *session.Reader {
		o.IDCol, o.DataCol, o.LifetimeCol = "id", "payload", "-"
		s, err := sqlstore.New(w.db, w.dialect, &o)
		if err != nil {
			t.Fatal(err)
		}
		return session.New(s, raw)
	}
	r := open(sqlstore.Options{TimeCol: "last_activity", Lifetime: 100 * time.Second})
	expect(t, r, "fresh", "data")
	expectNone(t, r, "old")
	r = open(sqlstore.Options{TimeCol: "-"})
	expect(t, r, "old", "data")
	expectNone(t, r, "none")
	expect(t, openReader(t, w.dsn("db_id_col=id&db_data_col=payload&db_lifetime_col=-&db_time_col=-")), "old", "data")
}

// testTextColumn has the data and the numbers in columns of text.
func testTextColumn(t *testing.T, w *site) {
	text := "TEXT"
	if w.dialect == sqlstore.MySQL {
		text = "TEXT CHARACTER SET utf8mb4"
	}
	must(t, w.db, "CREATE TABLE sessions (sess_id VARCHAR(128) PRIMARY KEY, sess_data "+text+", sess_lifetime "+text+", sess_time "+text+")")
	now := time.Now().Unix()
	insert := func(id, data, lifetime, time string) {
		must(t, w.db, "INSERT INTO sessions VALUES ('"+id+"', "+data+", "+lifetime+", "+time+")")
	}
	until := fmt.Sprint("'", now+100, "'")
	insert("one", "'žluťoučký kůň 🚀'", until, "'0'")
	insert("null", "NULL", until, "'0'")
	insert("nolife", "'x'", "NULL", "NULL")
	insert("bad", "'x'", "'s3cret'", "'0'")
	r := w.reader(t, "")
	expect(t, r, "one", "žluťoučký kůň 🚀")
	expectNone(t, r, "null")
	expectNone(t, r, "nolife")
	if _, err := r.Read(t.Context(), "bad"); !errors.Is(err, session.ErrUnreadable) || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
	// Others are not hindered by it.
	results := r.ReadMany(t.Context(), []string{"bad", "one"})
	if results[0].Err == nil || results[1].Err != nil {
		t.Error(results[0].Err, results[1].Err)
	}
}

// testExactIDs has a column whose collation takes unlike ids for the same.
func testExactIDs(t *testing.T, w *site) {
	column := map[sqlstore.Dialect]string{
		sqlstore.PostgreSQL: "VARCHAR(128)",
		sqlstore.MySQL:      "VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
		sqlstore.SQLite:     "TEXT COLLATE NOCASE",
	}[w.dialect]
	must(t, w.db, "CREATE TABLE sessions (sess_id "+column+" PRIMARY KEY, sess_data VARCHAR(100), sess_lifetime INTEGER, sess_time INTEGER)")
	w.put(t, "abc", "data")
	r := w.reader(t, "")
	expect(t, r, "abc", "data")
	for _, id := range []string{"ABC", "Abc", "abc ", " abc", "abc%", "ab_"} {
		expectNone(t, r, id)
	}
	results := r.ReadMany(t.Context(), []string{"ABC", "abc", "aBc", "abc"})
	for i, want := range []bool{false, true, false, true} {
		if found := results[i].Err == nil; found != want {
			t.Errorf("%d: %v", i, results[i].Err)
		}
	}
}

// testHostileIDs has ids that no website gives out, among one that it does.
func testHostileIDs(t *testing.T, w *site) {
	w.sessions(t)
	w.put(t, "good", "data")
	w.put(t, `it's`, "quoted")
	w.put(t, `{"a",\b}`, "array")
	w.put(t, `NULL`, "null")
	ids := []string{"'", `"`, `\`, `\'`, "x' OR '1'='1", `{good}`, `good","x`, "?", "$1", "%", "--", ";", "",
		"good\x00", "\xff\xfe", "žž", "\U0001F600", "a\nb", strings.Repeat("x", 5000), "good", "it's", `{"a",\b}`, "NULL"}
	results := w.reader(t, "").ReadMany(t.Context(), ids)
	for i, id := range ids {
		want := map[string]string{"good": "data", "it's": "quoted", `{"a",\b}`: "array", "NULL": "null"}[id]
		switch r := results[i]; {
		case want == "" && r.Err != session.ErrNotFound:
			t.Errorf("%.40q: %v", id, r.Err)
		case want != "" && (r.Err != nil || r.Session.Values[""] != want):
			t.Errorf("%.40q: %v", id, r.Err)
		}
	}
}

// testTooLong has a session that is too long, which is not fetched.
func testTooLong(t *testing.T, w *site) {
	w.sessions(t)
	const most = 1 << 20 // raw.MaxBytes
	w.put(t, "most", strings.Repeat("x", most))
	w.put(t, "more", strings.Repeat("x", most+1))
	w.put(t, "giant", strings.Repeat("x", 12<<20))
	r := w.reader(t, "")
	expect(t, r, "most", strings.Repeat("x", most))

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	results := r.ReadMany(t.Context(), []string{"more", "giant", "none"})
	runtime.ReadMemStats(&after)
	for i := range 2 {
		if err := results[i].Err; !errors.Is(err, session.ErrUnreadable) || !strings.Contains(err.Error(), "1048576") {
			t.Error(err)
		}
	}
	if results[2].Err != session.ErrNotFound {
		t.Error(results[2].Err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > most/2 {
		t.Errorf("%d bytes were allocated to find out that sessions are too long", n)
	}
}

// testThousand reads a thousand sessions, in their order.
func testThousand(t *testing.T, w *site) {
	w.sessions(t)
	ids := w.thousand(t)
	// Some that are not there, some twice.
	asked := append(append([]string{"none1"}, ids...), "none2", ids[0], ids[500])
	results := w.reader(t, "").ReadMany(t.Context(), asked)
	for i, id := range asked {
		if strings.HasPrefix(id, "none") {
			if results[i].Err != session.ErrNotFound {
				t.Fatal(id, results[i].Err)
			}
		} else if results[i].Err != nil || results[i].Session.Values[""] != "data of "+id {
			t.Fatal(id, results[i].Err)
		}
	}
}

func (w *site) thousand(t testing.TB) (ids []string) {
	t.Helper()
	tx, err := w.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	until := time.Now().Unix() + 3600
	for i := range 1000 {
		id := fmt.Sprintf("id-%d", (i*7919)%1000)
		ids = append(ids, id)
		query := fmt.Sprintf("INSERT INTO sessions VALUES ('%s', 'data of %s', %d, 0)", id, id, until)
		if _, err := tx.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return ids
}
