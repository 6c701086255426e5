package ticket_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/ticket"
)

// The website and this server share a secret. If they are not equally trusted,
// the website should sign with a private key, "EdDSA" or "ES256", and this server
// have only the public one.
func Example() {
	secret := []byte("0123456789abcdef0123456789abcdef") // 32 random bytes

	// The website signs a ticket for a page. In PHP this is
	// JWT::encode($claims, $secret, 'HS256') of firebase/php-jwt.
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub":   "alice",
		"roles": []string{"ROLE_USER"},
		"aud":   "wss://live.example.com",
		"exp":   time.Now().Add(time.Minute).Unix(),
	}).SignedString(secret)
	if err != nil {
		log.Fatal(err)
	}

	// This server takes it.
	tickets, err := ticket.New(&ticket.Options{
		Algorithms: []string{"HS256"},
		Keys:       []any{secret},
		Audience:   "wss://live.example.com",
		Lasts:      8 * time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{tickets},
		Origins:        []string{"https://www.example.com"}, // the pages are another site's
	})
	if err != nil {
		log.Fatal(err)
	}
	id, err := fw.Authenticate(context.Background(), &firewall.Request{
		URI:    "/?ticket=" + signed,
		Host:   "live.example.com",
		Origin: "https://www.example.com",
	})
	fmt.Println(id.User, id.Roles, err)
	// Output: alice [ROLE_USER] <nil>
}
