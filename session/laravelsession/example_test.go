package laravelsession_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/laravelsession"
)

// A Laravel website. The session has the id of the user; what else there is to
// know is in the website's database.
func Example() {
	encrypter, err := laravelsession.NewEncrypter("AES-256-CBC", "base64:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
	if err != nil {
		log.Fatal(err)
	}
	user := firewall.Keys(firewall.Path{laravelsession.UserKey("web")}, nil)
	fw, err := firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: session.New(website{}, &session.Options{Decode: laravelsession.Decode}),
			Cookie:   encrypter.Cookie("laravel_session"),
			Identify: func(ctx context.Context, s *session.Session) (*firewall.Identity, error) {
				id, err := user(ctx, s)
				if id != nil {
					id.Roles = website{}.roles(ctx, id.User)
				}
				return id, err
			},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	id, err := fw.Authenticate(context.Background(), &firewall.Request{
		Cookie: "laravel_session=eyJpdiI6IjFIY1JuUlpUdVN5WHNoK3FDQ1dsZEE9PSIsInZhbHVlIjoiV2FFWnhrT2hlYkRxOG1objR2ZWFrRTNZQkhNZVFWNG9La0E1VTB5cUdGemdyL2E1bXY2eGRzSzhERmRaMUtRNWlFd3hKaStpaVZkZGpFd08wSTlGSUR6N29hNG1pV3FUajh3YUh2VGhqVmtZQzJGOGN0d0hYMmJCOXlvMzRkeDkiLCJtYWMiOiI5ZWU4NjIyMmM0ZmVhM2MyODgzOWYxZGRmNTc3MzQ5YzE4NGQ1NTI2YWMxMGJlN2U0MTI2ZDczMTZjN2MwNDc1IiwidGFnIjoiIn0%3D",
	})
	fmt.Println(id.User, id.Roles, err)
	// Output: 42 [editor] <nil>
}

// website stands for the database of the website: its table sessions, which
// package sqlstore would read, and its users' roles.
type website struct{}

func (website) Fetch(_ context.Context, ids []string, _ int) []session.Record {
	records := session.Fail(len(ids), session.ErrNotFound)
	for i, id := range ids {
		if id == "SSSSSSSSSSSSSSSSSSSSaaaaaaaaaaaaaaaaaaaa" {
			records[i] = session.Record{Data: []byte("YToxOntzOjUwOiJsb2dpbl93ZWJfNTliYTM2YWRkYzJiMmY5NDAxNTgwZjAxNGM3ZjU4ZWE0ZTMwOTg5ZCI7aTo0Mjt9")}
		}
	}
	return records
}

func (website) Close() error { return nil }

func (website) roles(context.Context, string) []string { return []string{"editor"} }
