package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

func TestMain(m *testing.M) {
	sql.Register("pgx", &registered)
	leakcheck.Main(m)
}

// A fake is a driver that answers each query with the next of its answers, and
// with the last when they run out.
type fake struct {
	mu      sync.Mutex
	answers []fakeAnswer
	queries int
	args    []driver.NamedValue // of the last query
	name    string              // of the last connection
	closed  int
	refuses bool // every name
}

type fakeAnswer struct {
	rows [][]driver.Value
	err  error         // instead of rows
	then error         // after the rows
	hang chan struct{} // answers when it is closed, whatever happens to ctx
}

// registered is the fake that sql.Open knows as the driver of PostgreSQL.
var registered fake

func (f *fake) Open(name string) (driver.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.name = name
	return fakeConn{f}, nil
}

// OpenConnector implements driver.DriverContext.
func (f *fake) OpenConnector(name string) (driver.Connector, error) {
	if f.refuses {
		return nil, fmt.Errorf("cannot parse %s", name)
	}
	return fakeConnector{f, name}, nil
}

// store returns a store of the fake, which stays the caller's.
func (f *fake) store(t *testing.T, d Dialect, answers ...fakeAnswer) *Store {
	t.Helper()
	f.answers = answers
	db := sql.OpenDB(fakeConnector{f: f})
	t.Cleanup(func() { db.Close() })
	s, err := New(db, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type fakeConnector struct {
	f    *fake
	name string
}

func (c fakeConnector) Connect(context.Context) (driver.Conn, error) { return c.f.Open(c.name) }
func (c fakeConnector) Driver() driver.Driver                        { return c.f }

type fakeConn struct{ f *fake }

func (c fakeConn) Prepare(string) (driver.Stmt, error) { panic("nothing is prepared") }
func (c fakeConn) Begin() (driver.Tx, error)           { panic("there is no transaction") }

func (c fakeConn) Close() error {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.f.closed++
	return nil
}

func (c fakeConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.f.mu.Lock()
	a := c.f.answers[0]
	if len(c.f.answers) > 1 {
		c.f.answers = c.f.answers[1:]
	}
	c.f.queries++
	c.f.args = args
	c.f.mu.Unlock()
	if a.hang != nil {
		<-a.hang
	}
	if a.err != nil {
		return nil, a.err
	}
	return &fakeRows{a}, nil
}

type fakeRows struct{ fakeAnswer }

func (r *fakeRows) Columns() []string {
	return []string{"id", "size", "data", "lifetime", "time", "now"}
}
func (r *fakeRows) Close() error { return nil }

func (r *fakeRows) Next(to []driver.Value) error {
	if len(r.rows) == 0 {
		if r.then != nil {
			return r.then
		}
		return io.EOF
	}
	copy(to, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}

// valid is the row of a session that lives.
func valid(id, data string) []driver.Value {
	return []driver.Value{id, int64(len(data)), []byte(data), int64(2e9), int64(0), int64(1e9)}
}
