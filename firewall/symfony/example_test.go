package symfony_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"log"
	"os"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/symfony"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/php"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// A website whose firewall "main" has Doctrine's entities for users, who sign in
// with their email.
func Example() {
	identify, err := symfony.New(&symfony.Options{
		Contexts: []string{"main", "ent"},
		Users: map[string]symfony.Identifier{
			`App\Security\EntityUser`: symfony.Property("email"),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: session.New(website{}, nil), // yours: session.Open("redis://localhost", nil)
			Identify: identify,
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	id, err := fw.Authenticate(context.Background(), &firewall.Request{
		Cookie: "PHPSESSID=r7hs0nmlfuv7slg9g66vnkqvm1",
	})
	fmt.Println(id.User, id.Roles, id.Context, err)
	// Output:
	// zofie@example.cz [ROLE_EDITOR ROLE_ADMIN ROLE_USER] ent <nil>
}

// A website that hands its users' passwords over to the session as Symfony does,
// and changes them or takes them away in its database.
func ExampleOptions_refresh() {
	database := map[string]string{"zofie@example.cz": "pw"} // SELECT password FROM user WHERE email = ?

	identify, err := symfony.New(&symfony.Options{
		Contexts: []string{"ent"},
		Users: map[string]symfony.Identifier{
			`App\Security\EntityUser`: symfony.Property("email"),
		},
		Refresh: func(ctx context.Context, id *firewall.Identity, user phpserialize.Value) (bool, error) {
			now, ok := database[id.User]
			if !ok {
				return false, nil // like sql.ErrNoRows; other errors are returned
			}
			then, err := user.Property("password")
			if err != nil {
				return false, nil
			}
			hash, _ := then.Str()
			// Since Symfony 7.3 a session may have a checksum of the hash only.
			checksum := fmt.Sprintf("%08x", crc32.Checksum([]byte(now), crc32.MakeTable(crc32.Castagnoli)))
			return hash == now || hash == checksum, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	data, err := os.ReadFile("testdata/given/sf6.4.12/ent.sess")
	if err != nil {
		log.Fatal(err)
	}
	values, err := php.Decode(data)
	if err != nil {
		log.Fatal(err)
	}
	id, err := identify(context.Background(), &session.Session{Values: values})
	fmt.Println(id.User, err)

	database["zofie@example.cz"] = "another"
	_, err = identify(context.Background(), &session.Session{Values: values})
	fmt.Println(errors.Is(err, symfony.ErrUserChanged))
	// Output:
	// zofie@example.cz <nil>
	// true
}

// Tokens of a bundle: HWIOAuthBundle's AbstractOAuthToken::__serialize() returns
// seven elements, of which the last is its parent's.
func ExampleLayout() {
	_, err := symfony.New(&symfony.Options{
		Contexts: []string{"main"},
		Tokens: map[string]symfony.Layout{
			`HWI\Bundle\OAuthBundle\Security\Core\Authentication\Token\OAuthToken`: {Len: 7, Parent: 6},

			// One that only extends a token of Symfony's.
			`App\Security\ApiToken`: {Extends: `Symfony\Component\Security\Http\Authenticator\Token\PostAuthenticationToken`},
		},
	})
	fmt.Println(err)
	// Output:
	// <nil>
}

// website stands for a store of sessions.
type website struct{}

func (website) Fetch(_ context.Context, ids []string, _ int) []session.Record {
	records := make([]session.Record, len(ids))
	for i := range ids {
		records[i].Data, records[i].Err = os.ReadFile("testdata/given/sf6.4.12/ent.sess")
	}
	return records
}

func (website) Close() error { return nil }
