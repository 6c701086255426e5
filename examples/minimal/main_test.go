package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// The website signs alice in, and her browser connects with its cookie.
func Example() {
	ctx := context.Background()
	website := scs.New()
	login, _ := website.Load(ctx, "")
	website.Put(login, "user", "alice")
	website.Put(login, "roles", []string{"ROLE_ADMIN"})
	token, _, err := website.Commit(login)
	if err != nil {
		log.Fatal(err)
	}

	server := newServer(ctx, website)
	site := httptest.NewServer(server)
	defer site.Close()
	browser := ws.Dialer{Header: ws.HandshakeHeaderHTTP(http.Header{"Cookie": {"session=" + token}})}
	conn, _, _, err := browser.Dial(ctx, strings.Replace(site.URL, "http", "ws", 1))
	if err != nil {
		log.Fatal(err)
	}
	wsutil.WriteClientText(conn, []byte("present"))
	heard, _ := wsutil.ReadServerText(conn)
	fmt.Printf("%s\n", heard)
	for client, err := range server.Storage.ByRole(ctx, "ROLE_ADMIN") {
		fmt.Println(client.User, client.Roles, err)
	}

	conn.Close()
	server.Shutdown(ctx)
	server.Storage.Close(ctx)
	// Output:
	// alice: present
	// alice [ROLE_ADMIN] <nil>
}

// The README must show the program as it is.
func TestREADME(t *testing.T) {
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(program), "func newServer")
	if !strings.Contains(string(readme), "func newServer"+body) {
		t.Error("README.md does not show examples/minimal/main.go from newServer on, to the letter")
	}
}
