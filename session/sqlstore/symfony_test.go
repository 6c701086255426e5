package sqlstore

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// answer is what PdoSessionHandler has made of a URL.
type answer struct {
	DSN, Username, Password                     string
	Table, IDCol, DataCol, LifetimeCol, TimeCol string
}

// Symfony, asked for the same URLs, makes the same of them. What it makes is a
// data source name of PDO, which is read here too.
func TestURLAsSymfony(t *testing.T) {
	testserver.Try(t, "php-cli php-symfony-http-foundation", "php", "-r", "require 'Symfony/Component/HttpFoundation/autoload.php';")
	urls := append(symfonyURLs, randomURLs(2000)...)
	for i, a := range askSymfony(t, urls) {
		compare(t, urls[i], a)
	}
}

func askSymfony(t *testing.T, urls []string) (answers []*answer) {
	t.Helper()
	question, err := json.Marshal(urls)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("php", "testdata/dsn.php")
	cmd.Stdin = bytes.NewReader(question)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return answers
}

func compare(t *testing.T, url string, a *answer) {
	t.Helper()
	got, err := parse(url)
	if a == nil || a.DSN == url { // it takes what it cannot read for what PDO can
		if err == nil {
			t.Errorf("%s: Symfony refuses it", url)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v; Symfony: %+v", url, err, a)
		return
	}
	want, err := parse(a.DSN)
	if err != nil {
		t.Errorf("%s: %v", a.DSN, err)
		return
	}
	want.user, want.password = a.Username, a.Password
	if got.dialect == PostgreSQL {
		a.Table = strings.ToLower(a.Table) // PostgreSQL does, since Symfony does not quote
	}
	want.options = Options{Table: a.Table, IDCol: a.IDCol, DataCol: a.DataCol, LifetimeCol: a.LifetimeCol, TimeCol: a.TimeCol}
	for _, o := range []struct {
		field  *string
		preset string
	}{{&got.options.Table, "sessions"}, {&got.options.IDCol, "sess_id"}, {&got.options.DataCol, "sess_data"},
		{&got.options.LifetimeCol, "sess_lifetime"}, {&got.options.TimeCol, "sess_time"}} {
		if *o.field == "" {
			*o.field = o.preset
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot     %+v\nSymfony %+v", url, got, want)
	}
}

// symfonyURLs do not have options for a file with three or four slashes, which
// Symfony 5.4 drops: its SessionHandlerFactory does not get beyond parse_url.
var symfonyURLs = []string{
	"mysql://u:p@h/d", "mysql2://h", "mysql://h/", "pgsql://u:a:b@c@h/d", "postgres://:p@h/d", "postgresql://@h:/d",
	"mysql://h:00033/d", "mysql://h:65536/d", "mysql://h:-1/d", "mysql:///d", "mysql://u@:33/d", "mysql://u:p#x@h/d",
	"postgresql://u:p@%2Fvar%2Frun/d", "postgresql:///d", "pgsql://h/a%2Fb",
	"mysql://u:p%@h/d", "mysql://u:%4a%4@h/d", "mysql://u+x:p+y@h/d",
	"mysql://h/d?unix_socket=/x.sock&charset=utf8", "mysql://h:33/d?unix_socket=%252Fx&charset=latin1", "mysql://h?unix_socket=/x",
	"mysql://h/d?charset=", "mysql://h/d?unix_socket=", "mysql://h/d?unix_socket=a%2526b", "mysql://h/d?UNIX_SOCKET=x",
	"mysql://h/d?db_table=a&db_table=b", "mysql://h/d?db.table=x", "mysql://h/d?db+table=x", "mysql://h/d?db%74able=%78", "pgsql://h/d?db_id_col=i&db_data_col=d&db_lifetime_col=l&db_time_col=t",
	"mysql://u:p@h/d?db_username=x", "mysql://u:p@h/d?db_password=x+y%2B%41", "mysql://u:p@h/d?db_password=",
	"pgsql://h/d?db_table=a;db_id_col=b", "mysql://h/d?&&=&a&db_table=x&", "pgsql://h/d#f?db_table=x", "pgsql://h/d?db_table=x#y",
	"sqlite:////var/x.db", "sqlite:///var/x.db", "sqlite3://localhost//var/x.db", "sqlite://h/x.db", "sqlite://h:33/x.db", "sqlite://h:99999/x",
	"sqlite:////a%20b%3f.db?x=y", "sqlite://localhost//a.db?db_table=x", "sqlite:////u:p@x/y", "sqlite://u:p@h//x.db",
	"mysql+pdo://h/d", "redis://h",
}

// randomURLs are put together of what could be mistaken for one another. They
// leave out what parse refuses though Symfony takes it: see TestBadDSN.
func randomURLs(n int) (urls []string) {
	r := rand.New(rand.NewPCG(1, 2))
	some := func(max int, parts ...string) string {
		var b strings.Builder
		for range r.IntN(max + 1) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		return b.String()
	}
	one := func(options ...string) string { return options[r.IntN(len(options))] }
	for range n {
		url := one("mysql", "mysql2", "pgsql", "postgres", "postgresql") + "://"
		if r.IntN(3) > 0 {
			url += some(3, "a", "%41", "%2", "+", "@", "%40", "%3A", "%zz")
			if r.IntN(3) > 0 {
				url += ":" + some(4, "p", ":", "@", "%3A", "%2F", "%25", "%", "%4", "!", "$", "&", "=", "+")
			}
			url += "@"
		}
		url += one("h", "h.example", "127.0.0.1", "[::1]", "%2Frun") + one("", "", ":", ":1", ":05432", ":99999")
		url += one("", "/", "/d", "/d%2Fe", "/d/e", "/%64+%%")
		if r.IntN(2) == 0 {
			url += "?" + some(5, "db_table=a&", "db_table=%62&", "db_id_col=i&", "unix_socket=/s&", "charset=utf8&", "charset=a%5F&",
				"db_username=u%2B+&", "db_password=%70%+&", "serverVersion=1&", "x&", "&", "=&", "lock_mode=0&")
		}
		urls = append(urls, url+one("", "", "#", "#f", "#?db_table=z"))
	}
	return urls
}
