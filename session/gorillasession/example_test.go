package gorillasession_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/gorillasession"
)

// A website that keeps its sessions in the cookie.
func Example() {
	hashKey := []byte("0123456789abcdef0123456789abcdef") // the website's

	// The website signs alice in.
	website := sessions.NewCookieStore(hashKey)
	request, response := httptest.NewRequest("POST", "/login", nil), httptest.NewRecorder()
	s, _ := website.Get(request, "mysite")
	s.Values["user"] = "alice"
	s.Values["roles"] = []string{"editor"}
	if err := s.Save(request, response); err != nil {
		log.Fatal(err)
	}
	cookie := response.Result().Cookies()[0]

	// This server has a store like the website's.
	handler := gorillasession.New(sessions.NewCookieStore(hashKey), "mysite")
	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: handler,
			Cookie:   handler.Cookie(),
			Identify: firewall.Keys(firewall.Path{"user"}, firewall.Path{"roles"}),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	id, err := fw.Authenticate(context.Background(), &firewall.Request{Cookie: cookie.Name + "=" + cookie.Value})
	fmt.Println(id.User, id.Roles, err)
	// Output: alice [editor] <nil>
}

// A website that keeps its sessions in Redis with boj/redistore. With package
// redisstore imported, the sessions are those of
//
//	session.Open("redis://localhost:6379?prefix=session_", &session.Options{Decode: gorillasession.Decode})
func ExampleCookie() {
	codecs := securecookie.CodecsFromPairs([]byte("0123456789abcdef0123456789abcdef"))
	signed, err := securecookie.EncodeMulti("mysite", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", codecs...) // the website
	if err != nil {
		log.Fatal(err)
	}

	cookie := gorillasession.Cookie("mysite", codecs...)
	fmt.Println(cookie.ID("mysite=" + signed))
	_, err = cookie.ID("mysite=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
	fmt.Println(err)
	var _ session.Cookie = cookie
	// Output:
	// ABCDEFGHIJKLMNOPQRSTUVWXYZ234567 <nil>
	// gorillasession: no key fits the cookie's signature: session: malformed cookie
}
