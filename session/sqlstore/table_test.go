package sqlstore

import (
	"strings"
	"testing"
	"time"

	"database/sql"
)

func TestQuery(t *testing.T) {
	for _, c := range []struct {
		dialect Dialect
		options Options
		want    string
	}{
		{PostgreSQL, Options{}, `SELECT "sess_id", octet_length("sess_data"), CASE WHEN octet_length("sess_data") <= 99 THEN "sess_data" END, "sess_lifetime", "sess_time", ` +
			`CAST(floor(extract(epoch FROM now())) AS bigint) FROM "sessions" WHERE "sess_id" = ANY($1::text[])`},
		{MySQL, Options{Table: "web.s", IDCol: "i", DataCol: "d", LifetimeCol: "l", TimeCol: "t"}, "SELECT `i`, octet_length(`d`), CASE WHEN octet_length(`d`) <= 99 THEN `d` END, `l`, `t`, " +
			"UNIX_TIMESTAMP() FROM `web`.`s` WHERE `i` IN (?, ?)"},
		{SQLite, Options{LifetimeCol: "-", TimeCol: "-"}, "SELECT `sess_id`, length(`sess_data`), CASE WHEN length(`sess_data`) <= 99 THEN `sess_data` END, 0, 0, " +
			"CAST(strftime('%s', 'now') AS integer) FROM `sessions` WHERE `sess_id` IN (?, ?)"},
	} {
		table, err := newTable(c.dialect, c.options)
		if err != nil {
			t.Fatal(err)
		}
		if got := table.query(2, 99); got != c.want {
			t.Errorf("%v:\ngot  %s\nwant %s", c.dialect, got, c.want)
		}
	}
}

func TestBadOptions(t *testing.T) {
	db := new(sql.DB)
	for _, name := range []string{"a b", "a;b", `a"b`, "a`b", "a'b", "1a", ".a", "a.", "a..b", "a-b", "žluť", "a\n", "a\x00", "-", "(SELECT 1)", "a/*", strings.Repeat("a", 99) + "?"} {
		for i, o := range []Options{{Table: name}, {IDCol: name}, {DataCol: name}, {LifetimeCol: name}, {TimeCol: name}} {
			if name == "-" && i >= 3 {
				continue
			}
			if _, err := New(db, MySQL, &o); err == nil || len(err.Error()) > 200 {
				t.Errorf("%+v: %v", o, err)
			}
		}
	}
	for _, o := range []Options{
		{Lifetime: time.Hour}, {Lifetime: -time.Hour, LifetimeCol: "-"}, {Lifetime: time.Millisecond, LifetimeCol: "-"},
		{Lifetime: time.Hour, LifetimeCol: "-", TimeCol: "-"},
	} {
		if _, err := New(db, MySQL, &o); err == nil {
			t.Errorf("%+v is not refused", o)
		}
	}
	for _, d := range []Dialect{0, 4, -1} {
		if _, err := New(db, d, nil); err == nil || d.String() != "an unknown database" {
			t.Errorf("%d is not refused", d)
		}
	}
	if _, err := New(nil, MySQL, nil); err == nil {
		t.Error("nil is not refused")
	}
	if _, err := New(db, SQLite, &Options{Table: "a.b_1.C2", IDCol: "_"}); err != nil {
		t.Error(err)
	}
}

func TestExpires(t *testing.T) {
	const year = 365 * 24 * 3600
	for _, c := range []struct {
		options        Options
		lifetime, time int64
		want           int64
	}{
		{Options{}, 1440, 1_700_000_000, 1_700_001_440},
		{Options{}, longest, 1_700_000_000, 1_700_000_000 + longest},
		{Options{}, longest + 1, 1_700_000_000, longest + 1},
		{Options{}, 1_700_000_000, 1_600_000_000, 1_700_000_000},
		{Options{LifetimeCol: "-", Lifetime: 2 * time.Hour}, 0, 1_700_000_000, 1_700_007_200},
		{Options{LifetimeCol: "-", Lifetime: 20 * year * time.Second}, 0, 1_700_000_000, 1_700_000_000 + 20*year},
		{Options{LifetimeCol: "-"}, 0, 5, 1<<63 - 1},
	} {
		table, err := newTable(MySQL, c.options)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := table.expires(&row{lifetime: number{n: c.lifetime}, time: number{n: c.time}})
		if !ok || got != c.want {
			t.Errorf("%+v: %d, want %d", c, got, c.want)
		}
		if _, ok := table.expires(&row{time: number{bad: true}}); ok {
			t.Errorf("%+v: a time that is no number is ok", c)
		}
	}
}
