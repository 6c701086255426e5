package delegate_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/delegate"
)

// The website has a page that says who asks. In PHP it would be
//
//	<?php
//	session_start();
//	header('Content-Type: application/json');
//	header('Cache-Control: no-store');
//	echo json_encode(['user' => $_SESSION['user'] ?? null, 'roles' => $_SESSION['roles'] ?? []]);
func Example() {
	website := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if c, err := r.Cookie("sid"); err == nil && c.Value == "0123456789" {
			fmt.Fprint(w, `{"user": "alice", "roles": ["ROLE_USER"]}`)
			return
		}
		fmt.Fprint(w, `{"user": null}`)
	}))
	defer website.Close()

	whoami, err := delegate.New(website.URL+"/whoami", &delegate.Options{Cookies: []string{"sid"}})
	if err != nil {
		log.Fatal(err)
	}
	fw, err := firewall.New(&firewall.Options{Authenticators: []firewall.Authenticator{whoami}})
	if err != nil {
		log.Fatal(err)
	}
	id, err := fw.Authenticate(context.Background(), &firewall.Request{Cookie: "lang=en; sid=0123456789"})
	fmt.Println(id.User, id.Roles, err)
	id, err = fw.Authenticate(context.Background(), &firewall.Request{Cookie: "lang=en; sid=9876543210"})
	fmt.Println(id.Anonymous, id.Reason, err)
	// Output:
	// alice [ROLE_USER] <nil>
	// true not signed in <nil>
}
