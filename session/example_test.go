package session_test

import (
	"fmt"

	"github.com/rollcall-go/rollcall/session"
)

func ExampleCookie_ID() {
	cookie := session.Cookie{Name: "PHPSESSID"}
	id, err := cookie.ID("lang=cs; PHPSESSID=k4pr0v1mq8s2t6u3abcdefghij")
	fmt.Println(id, err)
	_, err = cookie.ID("PHPSESSID=../../etc/passwd")
	fmt.Println(err)
	// Output:
	// k4pr0v1mq8s2t6u3abcdefghij <nil>
	// session: malformed cookie
}
