package expresssession_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/expresssession"
)

// A website with express-session, connect-redis and Passport. Its sessions would
// be those of
//
//	session.Open("redis://localhost:6379?prefix=sess:", opts)
func Example() {
	opts := &session.Options{Decode: expresssession.Decode}
	sessions := session.New(website{
		"sess:r_xYckKW-qPR7KZoYYzepnzqYYCBv1t-": `{"cookie":{"path":"/"},"passport":{"user":42},"roles":["editor"]}`,
	}, opts)

	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: sessions,
			Cookie:   expresssession.Cookie("connect.sid", "keyboard cat"),
			Identify: firewall.Keys(firewall.Path{"passport", "user"}, firewall.Path{"roles"}),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	id, err := fw.Authenticate(context.Background(), &firewall.Request{
		Cookie: "connect.sid=s%3Ar_xYckKW-qPR7KZoYYzepnzqYYCBv1t-.qAwN%2BWvqxiljqFhk3kYrv7KLbGaatRilW7wzWuYw1Kw",
	})
	fmt.Println(id.User, id.Roles, err)
	// Output: 42 [editor] <nil>
}

// website stands for the Redis of the website.
type website map[string]string

func (w website) Fetch(_ context.Context, ids []string, _ int) []session.Record {
	records := session.Fail(len(ids), session.ErrNotFound)
	for i, id := range ids {
		if data, ok := w["sess:"+id]; ok {
			records[i] = session.Record{Data: []byte(data)}
		}
	}
	return records
}

func (website) Close() error { return nil }
