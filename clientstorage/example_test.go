package clientstorage_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func Example() {
	ctx := context.Background()
	storage, err := clientstorage.New(nil, nil) // one node, in memory
	if err != nil {
		log.Fatal(err)
	}
	alice, err := storage.Attach(ctx, clientstorage.Client{User: "alice", Roles: []string{"ROLE_ADMIN"}})
	if err != nil {
		log.Fatal(err)
	}
	found, err := storage.Lookup(ctx, alice.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.User, found.Roles)

	if err := storage.Detach(ctx, alice.ID, nil); err != nil {
		log.Fatal(err)
	}
	_, err = storage.Lookup(ctx, alice.ID)
	fmt.Println(err)
	// Output:
	// alice [ROLE_ADMIN]
	// clientstorage: not found
}

// Storages that share a driver see each other's clients.
func ExampleStorage_All() {
	ctx := context.Background()
	var cache clientstorage.MemoryDriver // stands for any shared cache
	var website *clientstorage.Storage
	for _, user := range []string{"alice", "bob"} {
		node, err := clientstorage.New(&cache, nil)
		if err != nil {
			log.Fatal(err)
		}
		defer node.Close(ctx)
		if _, err := node.Attach(ctx, clientstorage.Client{User: user}); err != nil {
			log.Fatal(err)
		}
		website = node
	}
	for client, err := range website.All(ctx) { // its own clients first
		if err != nil {
			log.Print(err) // the clients that could be read still come
			continue
		}
		fmt.Println(client.User, client.ID.Node() == website.Node())
	}
	// Output:
	// bob true
	// alice false
}
