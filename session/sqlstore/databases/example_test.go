package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall/session"
	_ "github.com/rollcall-go/rollcall/session/sqlstore"
)

// What a website has written into its table is there until it expires.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "website.db")
	website, err := sql.Open("sqlite", file)
	if err != nil {
		log.Fatal(err)
	}
	defer website.Close()
	if _, err := website.Exec(`
		CREATE TABLE sessions (sess_id TEXT PRIMARY KEY, sess_data BLOB, sess_lifetime INTEGER, sess_time INTEGER);
		INSERT INTO sessions VALUES ('k4pr0v1mq8s2t6u3abcdefghij', 'user|s:5:"alice";', unixepoch() + 1440, unixepoch());
		INSERT INTO sessions VALUES ('0v1k4prq8s2t6u3mabcdefghij', 'user|s:3:"bob";', unixepoch() - 1, unixepoch() - 1441)`); err != nil {
		log.Fatal(err)
	}

	sessions, err := session.Open("sqlite:///"+file, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer sessions.Close()
	s, err := sessions.Read(context.Background(), "k4pr0v1mq8s2t6u3abcdefghij")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.String("user"))
	_, err = sessions.Read(context.Background(), "0v1k4prq8s2t6u3mabcdefghij")
	fmt.Println(errors.Is(err, session.ErrNotFound))
	// Output:
	// alice true
	// true
}
