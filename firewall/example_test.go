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
	website.put("0123456789abcdef0123456789", map[string]any{"user": "alice", "roles": []string{"ROLE_ADMIN"}})

	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: website,
			Cookie:   session.Cookie{Name: "PHPSESSID"},
			Identify: firewall.Keys(firewall.Path{"user"}, firewall.Path{"roles"}),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	id, err := fw.Authenticate(context.Background(), &firewall.Request{
		Host:   "example.com",
		Origin: "http://example.com",
		Cookie: "PHPSESSID=0123456789abcdef0123456789",
	})
	fmt.Println(id.User, id.Roles, err)

	_, err = fw.Authenticate(context.Background(), &firewall.Request{
		Host:   "example.com",
		Origin: "http://evil.example",
		Cookie: "PHPSESSID=0123456789abcdef0123456789",
	})
	fmt.Println(err.(*firewall.Refusal).Reason, err.(*firewall.Refusal).Status())
	// Output:
	// alice [ROLE_ADMIN] <nil>
	// foreign origin 403
}

// "Why am I anonymous?"
func ExampleFirewall_Diagnose() {
	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: &sessions{},
			Cookie:   session.Cookie{Name: "website"},
			Identify: firewall.Keys(firewall.Path{"user"}, nil),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(fw.Diagnose(context.Background(), &firewall.Request{
		Host:   "example.com",
		Origin: "http://example.com",
		Cookie: "PHPSESSID=0123456789abcdef0123456789; theme=dark",
	}))
	// Output:
	//  1. the page's origin, "http://example.com", may connect
	//  2. authenticator 1 of 1 is asked, a *firewall.SessionAuthenticator
	//  3. there is no cookie "website"; those that are there: "PHPSESSID", "theme"
	//  4. it says: no session cookie
	// => anonymous: no session cookie
}
