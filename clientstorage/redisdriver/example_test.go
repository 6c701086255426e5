package redisdriver_test

import (
	"context"
	"fmt"
	"log"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
)

// One server here. With more addresses it is a Cluster, with a MasterName the
// server behind the Sentinels at the addresses.
func ExampleNew() {
	ctx := context.Background()
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 []string{"127.0.0.1:6379"},
		ContextTimeoutEnabled: true,
	})
	defer rdb.Close()
	storage, err := clientstorage.New(redisdriver.New(rdb), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer storage.Close(ctx)
	for client, err := range storage.All(ctx) {
		if err != nil {
			log.Print(err) // the clients that could be read still come
			continue
		}
		fmt.Println(client.User, client.Roles)
	}
}
