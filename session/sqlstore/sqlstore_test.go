package sqlstore

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// A driver that does not heed ctx does not hold up who asks.
func TestDriverIgnoresContext(t *testing.T) {
	hang := make(chan struct{})
	var f fake
	s := f.store(t, PostgreSQL, fakeAnswer{hang: hang})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for _, r := range s.Fetch(ctx, []string{"a", "b"}, 100) {
		if !errors.Is(r.Err, context.DeadlineExceeded) {
			t.Error(r.Err)
		}
	}
	close(hang)
}

func TestContextEnded(t *testing.T) {
	var f fake
	s := f.store(t, PostgreSQL, fakeAnswer{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := s.Fetch(ctx, []string{"a"}, 100)[0]; !errors.Is(r.Err, context.Canceled) || f.queries != 0 {
		t.Error(r.Err)
	}
}

func TestOrder(t *testing.T) {
	var f fake
	s := f.store(t, MySQL, fakeAnswer{rows: [][]driver.Value{
		valid("c", "of c"), valid("nobody asked for", "x"), valid("a", "of a"), valid("A", "not of a"), valid("a", "again"),
	}})
	got := s.Fetch(t.Context(), []string{"a", "b", "c", "a", "ž", ""}, 100)
	for i, want := range []string{"of a", "", "of c", "of a", "", ""} {
		if want == "" && got[i].Err != session.ErrNotFound || want != "" && (got[i].Err != nil || string(got[i].Data) != want) {
			t.Errorf("%d: %q, %v", i, got[i].Data, got[i].Err)
		}
	}
	if len(f.args) != 3 || f.queries != 1 {
		t.Errorf("%v was asked for, in %d queries", f.args, f.queries)
	}
	if rows, err := s.ask(t.Context(), []string{"a", "b"}, 100); err != nil || len(rows) != 2 {
		t.Error("rows that nobody asked for are kept:", rows, err)
	}
	f.queries = 1
	// The bytes are the caller's, each time.
	got[0].Data[0] = 'X'
	if string(got[3].Data) != "of a" {
		t.Error("two records share their bytes")
	}
	if got := s.Fetch(t.Context(), nil, 100); len(got) != 0 || f.queries != 1 {
		t.Error(got, f.queries)
	}
}

// A failure is never taken for a session that is not there.
func TestBrokenAnswer(t *testing.T) {
	for _, answer := range []fakeAnswer{
		{then: errors.New("broken")},
		{rows: [][]driver.Value{valid("a", "data")}, then: io.ErrUnexpectedEOF},
		{rows: [][]driver.Value{{time.Time{}, "x", "x", "x", "x", "x"}, {"a", int64(1), true, int64(1), int64(1), int64(1)}}, then: errors.New("broken")},
	} {
		var f fake
		s := f.store(t, PostgreSQL, answer)
		for _, r := range s.Fetch(t.Context(), []string{"a", "b"}, 100) {
			if r.Err == nil || errors.Is(r.Err, session.ErrNotFound) || r.Data != nil {
				t.Errorf("%v: %q, %v", answer, r.Data, r.Err)
			}
		}
		if f.queries != attempts {
			t.Errorf("%d queries", f.queries)
		}
	}
}

func TestRecord(t *testing.T) {
	now := int64(1_700_000_000)
	for name, c := range map[string]struct {
		row  []driver.Value
		want error
		note string
	}{
		"valid":              {[]driver.Value{"a", int64(1), []byte("x"), now, int64(0), now}, nil, ""},
		"a second too old":   {[]driver.Value{"a", int64(1), []byte("x"), now - 1, int64(0), now}, session.ErrNotFound, "expired 1 s ago"},
		"duration":           {[]driver.Value{"a", int64(1), []byte("x"), int64(10), now - 10, now}, nil, ""},
		"duration too short": {[]driver.Value{"a", int64(1), []byte("x"), int64(9), now - 10, now}, session.ErrNotFound, "expired"},
		"empty":              {[]driver.Value{"a", int64(0), []byte(""), now, int64(0), now}, session.ErrNotFound, "without data"},
		"null":               {[]driver.Value{"a", nil, nil, now, int64(0), now}, session.ErrNotFound, "without data"},
		"length":             {[]driver.Value{"a", int64(10), []byte("0123456789"), now, int64(0), now}, nil, ""},
		"too long":           {[]driver.Value{"a", int64(11), nil, now, int64(0), now}, session.ErrUnreadable, ""},
		"longer in bytes":    {[]driver.Value{"a", int64(9), "ěščřžýáíé", now, int64(0), now}, session.ErrUnreadable, ""},
		"a NUL in front":     {[]driver.Value{"a", int64(0), "\x00\x00\x00\x02", now, int64(0), now}, nil, ""},
		"texts":              {[]driver.Value{[]byte("a"), []byte("1"), "x", []byte(fmt.Sprint(now)), "0", fmt.Sprint(now)}, nil, ""},
		"no lifetime":        {[]driver.Value{"a", int64(1), "x", nil, nil, now}, session.ErrNotFound, "expired"},
		"a date":             {[]driver.Value{"a", int64(1), "x", time.Now(), int64(0), now}, session.ErrUnreadable, ""},
		"words":              {[]driver.Value{"a", int64(1), "x", now, "s3cret", now}, session.ErrUnreadable, ""},
		"overflow":           {[]driver.Value{"a", int64(1), "x", int64(longest), int64(math.MaxInt64), now}, session.ErrNotFound, "expired"},
	} {
		var f fake
		s := f.store(t, PostgreSQL, fakeAnswer{rows: [][]driver.Value{c.row}})
		var notes []string
		ctx := session.WithNotes(t.Context(), func(text string) { notes = append(notes, text) })
		r := s.Fetch(ctx, []string{"a"}, 10)[0]
		if !errors.Is(r.Err, c.want) || r.Err != nil && r.Data != nil {
			t.Errorf("%s: %q, %v", name, r.Data, r.Err)
		}
		if r.Err != nil && strings.Contains(r.Err.Error(), "s3cret") {
			t.Error(r.Err)
		}
		if all := strings.Join(notes, "\n"); !strings.Contains(all, c.note) || c.note == "" && all != "" {
			t.Errorf("%s: %q", name, all)
		}
	}
}

func TestChunks(t *testing.T) {
	var f fake
	s := f.store(t, SQLite, fakeAnswer{rows: [][]driver.Value{valid("0", "x")}}, fakeAnswer{rows: [][]driver.Value{valid("1000", "y")}}, fakeAnswer{err: errors.New("z")})
	var ids []string
	for i := range 2*perQuery + 1 {
		ids = append(ids, fmt.Sprint(i))
	}
	got := s.Fetch(t.Context(), ids, 100)
	if string(got[0].Data) != "x" || string(got[1000].Data) != "y" || got[1].Err != session.ErrNotFound ||
		got[2000].Err == nil || got[2000].Err == session.ErrNotFound || f.queries != 3 || len(f.args) != 1 {
		t.Errorf("%d queries; %v", f.queries, got[2000])
	}
}

// Connections that open makes are few, and do not stay; New leaves alone those
// that it is given.
func TestPool(t *testing.T) {
	registered = fake{answers: []fakeAnswer{{err: io.EOF}, {rows: [][]driver.Value{valid("a", "data")}}}}
	opened, err := open("pgsql://user:s3cret@h/d?db_table=t")
	if err != nil {
		t.Fatal(err)
	}
	s := opened.(*Store)
	if n := s.db.Stats().MaxOpenConnections; n != maxConns {
		t.Errorf("%d connections", n)
	}
	if r := s.Fetch(t.Context(), []string{"a"}, 100)[0]; r.Err != nil {
		t.Error(r.Err)
	}
	if registered.closed != 1 {
		t.Errorf("%d connections were given up after one was lost", registered.closed)
	}
	if idle := s.db.Stats().Idle; idle != 1 {
		t.Errorf("%d are kept", idle)
	}
	if !strings.HasPrefix(registered.name, "postgres://user:s3cret@/?host=h&") || s.table.name != "t" {
		t.Error(registered.name, s.table.name)
	}
	registered.answers = []fakeAnswer{{err: errors.New("no s3cret")}}
	if r := s.Fetch(t.Context(), []string{"a"}, 100)[0]; r.Err == nil || strings.Contains(r.Err.Error(), "s3cret") {
		t.Error(r.Err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if registered.closed != 1+attempts {
		t.Error("Close leaves connections open")
	}
	if r := s.Fetch(t.Context(), []string{"a"}, 100)[0]; r.Err == nil || errors.Is(r.Err, session.ErrNotFound) {
		t.Error(r.Err)
	}

	var f fake
	theirs := f.store(t, PostgreSQL, fakeAnswer{err: io.EOF}, fakeAnswer{rows: [][]driver.Value{valid("a", "data")}})
	theirs.Fetch(t.Context(), []string{"a"}, 100)
	if err := theirs.Close(); err != nil || f.closed != 0 || theirs.db.Stats().MaxOpenConnections != 0 {
		t.Error(err, f.closed)
	}
	if err := theirs.db.Ping(); err != nil {
		t.Error(err)
	}
}

func TestOpenErrors(t *testing.T) {
	registered = fake{refuses: true}
	for dsn, want := range map[string]string{
		"pgsql://u:s3cret@h/d?db_table=a'b": "letters",
		"pgsql://u:s3cret@h:x/d":            "port",
		"pgsql://u:s3cret@h/d":              "the driver pgx refuses",
	} {
		if _, err := open(dsn); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Error(err)
		}
	}
}

// A session is what Reader makes of it.
func TestOpenThroughSession(t *testing.T) {
	registered = fake{answers: []fakeAnswer{{rows: [][]driver.Value{valid("a", "user|s:5:\"alice\";")}}}}
	for _, scheme := range []string{"postgresql", "postgres", "pgsql", "PGSQL"} {
		r, err := session.Open(scheme+"://h/d", nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := r.Read(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if user, _ := s.String("user"); user != "alice" {
			t.Error(s.Values)
		}
		r.Close()
	}
}

func TestArray(t *testing.T) {
	if got := array([]string{"a", `b"\`, "", "{,}"}); got != `{"a","b\"\\","","{,}"}` {
		t.Error(got)
	}
}

// Reading does not change what the ids are.
func TestIDsAreKept(t *testing.T) {
	var f fake
	s := f.store(t, MySQL, fakeAnswer{})
	ids := []string{"b", "a", "b"}
	s.Fetch(t.Context(), ids, 1)
	if strings.Join(ids, "") != "bab" || !bytes.Equal([]byte(f.args[0].Value.(string)), []byte("b")) {
		t.Error(ids, f.args)
	}
}
