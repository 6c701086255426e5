package decorator_test

import (
	"context"
	"fmt"
	"log"

	"github.com/dgraph-io/ristretto"
	ristrettostore "github.com/eko/gocache/store/ristretto/v4"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// Any store of gocache becomes client storage. Two storages over one cache see
// each other's clients.
func Example() {
	ctx := context.Background()
	memory, err := ristretto.NewCache(&ristretto.Config{NumCounters: 1e5, MaxCost: 64 << 20, BufferItems: 64})
	if err != nil {
		log.Fatal(err)
	}
	defer memory.Close()
	cache, err := decorator.New(ctx, ristrettostore.NewRistretto(memory))
	if err != nil {
		log.Fatal(err)
	}
	here, err := clientstorage.New(cache, nil)
	if err != nil {
		log.Fatal(err)
	}
	there, err := clientstorage.New(cache, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer here.Close(ctx)
	defer there.Close(ctx)

	alice, err := here.Attach(ctx, clientstorage.Client{User: "alice", Roles: []string{"ROLE_ADMIN"}})
	if err != nil {
		log.Fatal(err)
	}
	found, err := there.Lookup(ctx, alice.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.User, found.Roles)
	// Output: alice [ROLE_ADMIN]
}
