package firewall_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// A website whose sessions hold the user under "user" and the roles under
// "roles".
func Example() {
	website := &sessions{}
	website.put("0123456789abcdef", map[string]any{"user": "alice", "roles": []string{"ROLE_ADMIN"}})

	fw, err := firewall.New(&firewall.Options{
		Sessions: website,
		Cookie:   session.Cookie{Name: "PHPSESSID"},
		Identify: firewall.Keys("user", "roles"),
	})
	if err != nil {
		log.Fatal(err)
	}
	id, err := fw.Authenticate(context.Background(), &firewall.Request{
		Host:   "example.com",
		Origin: "http://example.com",
		Cookie: "PHPSESSID=0123456789abcdef",
	})
	fmt.Println(id.User, id.Roles, err)

	_, err = fw.Authenticate(context.Background(), &firewall.Request{
		Host:   "example.com",
		Origin: "http://evil.example",
		Cookie: "PHPSESSID=0123456789abcdef",
	})
	fmt.Println(err.(*firewall.Refusal).Reason, err.(*firewall.Refusal).Status())
	// Output:
	// alice [ROLE_ADMIN] <nil>
	// foreign origin 403
}
