package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// late returns the error of a ctx that has ended.
func late(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("sqlstore: the database did not answer in time: %w", ctx.Err())
	}
	return fmt.Errorf("sqlstore: %w", ctx.Err())
}

// mysqlError begins the text of an error of go-sql-driver/mysql.
var mysqlError = regexp.MustCompile(`\bError (\d+)(?: \(\w+\))?: `)

// code returns the SQLSTATE of an error of PostgreSQL, or the number of one of
// MySQL. It is empty if no server has said so.
func code(err error) string {
	var state interface{ SQLState() string } // of pgx and lib/pq
	if errors.As(err, &state) {
		return state.SQLState()
	}
	if m := mysqlError.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	return ""
}

// lost reports whether err says that the connection is gone rather than that
// there is something wrong with the question.
func lost(err error) bool {
	switch c := code(err); c {
	case "", // the network's, or the driver's own
		"1053", "1927": // MySQL shuts down, or has killed the connection
		return true
	default: // PostgreSQL manual, appendix A
		return len(c) == 5 && (c[:2] == "08" || c[:3] == "57P" || c == "40001")
	}
}

// advice says what to do about the errors of servers that have to do with the
// configuration. The server's own text follows it; all of them quote names only.
var advice = map[string]string{
	"42P01": noTable, "1146": noTable, "3F000": noTable,
	"42703": noColumn, "1054": noColumn,
	"42501": noRight, "1142": noRight, "1143": noRight, "1044": noRight,
	"28P01": noLogin, "28000": noLogin, "1045": noLogin + orSocket, "1698": noLogin + orSocket,
	"3D000": noDatabase, "1049": noDatabase, "1046": noDatabase,
	"53300": noRoom, "1040": noRoom, "1203": noRoom, "1226": noRoom,
	"57P03": "the database is starting up or shutting down",
}

const (
	noTable    = "there is no table TABLE in this database: give its name as db_table or Options.Table, or have the website make it"
	noColumn   = "the table TABLE has other columns: give their names as db_id_col, db_data_col, db_lifetime_col and db_time_col, or in Options"
	noRight    = "the user may not read the table TABLE: GRANT SELECT on it"
	noLogin    = "the database refuses the user or his password"
	orSocket   = " (PHP comes to localhost by a unix socket, which may be the only way for this user: name it as unix_socket)"
	noDatabase = "there is no such database: name the website's after the host"
	noRoom     = "the database takes no more connections"
)

// sqliteAdvice is advice by what SQLite says, which has no numbers that every
// driver shows.
var sqliteAdvice = []struct{ says, advice string }{
	{"no such table", noTable},
	{"no such column", noColumn},
	{"unable to open", "the database file is not there, or cannot be read; with three slashes, as in sqlite:///x, it is looked for in the working directory"},
	{"not a database", "the file is not one of SQLite"},
	{"readonly", "the file has a write-ahead log, whose readers need files beside it: run as the website's user"},
	{"locked", "the database file is locked by somebody who writes"},
}

// explain makes an error for people. It does not wrap err, which may hold the
// connection string, or ids in a text that is cut off.
func (s *Store) explain(err error, ids []string) error {
	c := code(err)
	text, known := advice[c], false
	if known = text != ""; c == "" {
		known = true // of a network or a driver, which has not looked at the query
		for _, a := range sqliteAdvice {
			if s.table.dialect == SQLite && text == "" && strings.Contains(err.Error(), a.says) {
				text = a.advice
			}
		}
	}
	if !known {
		return fmt.Errorf("sqlstore: %v refused the query with its error %s", s.table.dialect, c)
	}
	told := redact(err.Error(), s.secrets, ids)
	if text == "" {
		return fmt.Errorf("sqlstore: %v cannot be asked: %s", s.table.dialect, told)
	}
	return fmt.Errorf("sqlstore: %s: %s", strings.Replace(text, "TABLE", s.table.name, 1), told)
}

// redact makes a text one line without any of secrets, which are not empty.
func redact(text string, secrets ...[]string) string {
	for _, list := range secrets {
		for _, secret := range list {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return strings.Join(strings.Fields(text), " ")
}
