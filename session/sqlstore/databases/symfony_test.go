package databases

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// A handler is Symfony's own in a process of PHP.
type handler struct {
	t       *testing.T
	in      io.WriteCloser
	answers *bufio.Scanner
	errors  bytes.Buffer
}

func (w *site) symfony(t *testing.T, params string) *handler {
	t.Helper()
	extension := map[sqlstore.Dialect]string{sqlstore.PostgreSQL: "pgsql", sqlstore.MySQL: "mysql", sqlstore.SQLite: "sqlite"}[w.dialect]
	testserver.Try(t, "php-cli php-symfony-http-foundation php-pgsql php-mysql php-sqlite3", "php", "-r",
		"require 'Symfony/Component/HttpFoundation/autoload.php'; exit(extension_loaded('pdo_"+extension+"') ? 0 : 1);")
	dsn := w.dsn(params)
	if w.Database != nil {
		dsn = w.dsnAs(w.User, w.Password, params)
	}
	h := &handler{t: t}
	cmd := exec.Command("php", "-d", "session.gc_maxlifetime=3600", "testdata/handler.php", dsn)
	cmd.Stderr = &h.errors
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.in, h.answers = in, bufio.NewScanner(out)
	h.answers.Buffer(nil, 1<<20)
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return h
}

func (h *handler) call(method string, args ...string) string {
	h.t.Helper()
	line, err := json.Marshal(append([]string{method}, args...))
	if err != nil {
		h.t.Fatal(err)
	}
	fmt.Fprintf(h.in, "%s\n", line)
	if !h.answers.Scan() || strings.HasPrefix(h.answers.Text(), "error: ") {
		h.t.Fatalf("%s: %s %s", method, h.answers.Text(), h.errors.Bytes())
	}
	return h.answers.Text()
}

// write is a request that writes data as the session id.
func (h *handler) write(id, data string) {
	h.t.Helper()
	h.call("open", "", "PHPSESSID")
	h.call("read", id)
	h.call("write", id, base64.StdEncoding.EncodeToString([]byte(data)))
	h.call("close")
}

// testSymfony reads what Symfony's handler has written into a table that it has
// made. Both have the same data source name, but for the user.
func testSymfony(t *testing.T, w *site) {
	params := "db_table=Visits&db_id_col=Visitor&lock_mode=2"
	if w.dialect == sqlstore.SQLite {
		params = "" // which Symfony 5.4 drops
	}
	h := w.symfony(t, params)
	h.call("createTable")
	h.write("one", "_sf2_attributes|a:0:{}")
	h.write("binary", "\x00\x00\x00\x02\x14\x01 '\"\\\xff\xfe žluťoučký 🚀\r\n")
	h.write("gone", "x")
	h.write("long", strings.Repeat("0123456789", 6000))

	r := w.reader(t, params)
	expect(t, r, "one", "_sf2_attributes|a:0:{}")
	expect(t, r, "binary", "\x00\x00\x00\x02\x14\x01 '\"\\\xff\xfe žluťoučký 🚀\r\n")
	expect(t, r, "long", strings.Repeat("0123456789", 6000))
	h.write("one", "_sf2_attributes|a:1:{i:0;i:1;}")
	expect(t, r, "one", "_sf2_attributes|a:1:{i:0;i:1;}")

	expect(t, r, "gone", "x")
	h.call("open", "", "PHPSESSID")
	h.call("destroy", "gone")
	h.call("close")
	expectNone(t, r, "gone")
	expectNone(t, r, "none")
}

// testSymfonyLock reads while a request of the website has locked the session.
func testSymfonyLock(t *testing.T, w *site) {
	h := w.symfony(t, "")
	h.call("createTable")
	h.write("one", "before")
	r := w.reader(t, "")

	h.call("open", "", "PHPSESSID")
	h.call("read", "one")
	expect(t, r, "one", "before")
	h.call("write", "one", base64.StdEncoding.EncodeToString([]byte("after")))
	expect(t, r, "one", "before")
	h.call("close")
	expect(t, r, "one", "after")

	// A session that is new has a row without data from then on.
	h.call("open", "", "PHPSESSID")
	h.call("read", "new")
	expectNone(t, r, "new")
	h.call("close")
	expectNone(t, r, "new")
}
