package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// The sessions of a Symfony website, by the string that it has as its
// framework.session.handler_id. The program also imports a driver, for
// PostgreSQL:
//
//	import _ "github.com/jackc/pgx/v5/stdlib"
func Example() {
	sessions, err := session.Open("postgresql://user:password@localhost/website", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer sessions.Close()
	if err := sessions.Check(context.Background()); err != nil {
		log.Fatal(err) // such as that there is no table sessions
	}
	s, err := sessions.Read(context.Background(), "k4pr0v1mq8s2t6u3abcdefghij")
	if errors.Is(err, session.ErrNotFound) {
		fmt.Println("nobody")
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Lookup("_sf2_attributes", "cart"))
}

// A table of another kind, Laravel's, read through connections of the program's
// own.
func ExampleNew() {
	db, err := sql.Open("mysql", "user:password@/website")
	if err != nil {
		log.Fatal(err)
	}
	store, err := sqlstore.New(db, sqlstore.MySQL, &sqlstore.Options{
		IDCol: "id", DataCol: "payload", LifetimeCol: "-", TimeCol: "last_activity", Lifetime: 2 * time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	payload := store.Fetch(context.Background(), []string{"k4pr0v1mq8s2t6u3abcdefghij"}, 64<<10)[0]
	fmt.Println(len(payload.Data), payload.Err)
}
