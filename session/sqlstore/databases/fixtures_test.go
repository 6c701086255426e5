package databases

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// beginnings tell whose dump a file is.
var beginnings = map[sqlstore.Dialect]string{
	sqlstore.PostgreSQL: "PostgreSQL database dump",
	sqlstore.MySQL:      "MariaDB dump",
	sqlstore.SQLite:     "PRAGMA",
}

// testFixtures loads the tables that Symfony has written and that were dumped
// with the databases' own tools, and compares each session with its file.
func testFixtures(t *testing.T, w *site) {
	found := 0
	err := filepath.WalkDir("testdata", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "dump.sql" {
			return err
		}
		dump, err := os.ReadFile(path)
		if err == nil && bytes.Contains(dump[:min(len(dump), 200)], []byte(beginnings[w.dialect])) {
			found++
			t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) { checkDump(t, w.server.site(t), filepath.Dir(path), string(dump)) })
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if found == 0 {
		t.Error("no fixture is of this database")
	}
}

func checkDump(t *testing.T, w *site, folder, dump string) {
	w.load(t, dump)
	must(t, w.db, "UPDATE sessions SET sess_lifetime = sess_lifetime + 86400 * 365 * 5")
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]struct{ File, SID string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	r := w.reader(t, "")
	for name, entry := range manifest {
		want, err := os.ReadFile(filepath.Join(folder, entry.File))
		if err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 {
			if entry.SID != "" {
				expectNone(t, r, entry.SID)
			}
			continue
		}
		t.Log(name, len(want))
		expect(t, r, entry.SID, string(want))
	}
}

// load executes a dump.
func (w *site) load(t *testing.T, dump string) {
	t.Helper()
	if w.dialect != sqlstore.PostgreSQL {
		must(t, w.db, dump)
		return
	}
	// Between the statements are rows for COPY, and commands for psql.
	before, rest, _ := strings.Cut(dump, "\nCOPY ")
	head, rest, _ := strings.Cut(rest, "\n")
	rows, after, _ := strings.Cut(rest, "\n\\.\n")
	w.script(t, before)
	conn, err := w.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Raw(func(c any) error {
		_, err := c.(*stdlib.Conn).Conn().PgConn().CopyFrom(t.Context(), strings.NewReader(rows+"\n"), "COPY "+head)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.script(t, after)
}

// script executes statements in a connection of its own, since some of them
// change its settings.
func (w *site) script(t *testing.T, text string) {
	t.Helper()
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, `\`) {
			lines = append(lines, line)
		}
	}
	db := w.open(t, "pgx", w.postgresURL(w.User, w.Password, w.name)+"?default_query_exec_mode=simple_protocol")
	defer db.Close()
	must(t, db, strings.Join(lines, "\n"))
}
