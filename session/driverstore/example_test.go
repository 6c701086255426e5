package driverstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/dgraph-io/ristretto"
	ristrettostore "github.com/eko/gocache/store/ristretto/v4"

	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/driverstore"
)

// A website keeps its sessions as JSON in a cache of gocache. The WebSocket server
// reads them there.
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

	// The website, when alice signs in:
	err = cache.Save(ctx, "session:0123456789abcdef", []byte(`{"user":"alice"}`), time.Hour)
	if err != nil {
		log.Fatal(err)
	}

	// The WebSocket server, when she connects:
	sessions := session.New(driverstore.New(cache, &driverstore.Options{Prefix: "session:"}), &session.Options{
		Decode: func(data []byte) (values map[string]any, err error) {
			err = json.Unmarshal(data, &values)
			return values, err
		},
	})
	s, err := sessions.Read(ctx, "0123456789abcdef")
	if err != nil {
		log.Fatal(err)
	}
	user, _ := s.String("user")
	fmt.Println(user)
	// Output: alice
}
