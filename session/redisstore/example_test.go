package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

// PHP's own sessions, over a client that has more to do.
func ExampleNew() {
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379", DB: 3, ContextTimeoutEnabled: true})
	defer rdb.Close()
	store := redisstore.New(rdb, &redisstore.Options{Prefix: "PHPREDIS_SESSION:"})
	sessions := session.New(store, nil)

	s, err := sessions.Read(ctx, "s0egpesoi3r1d30qnf6jvp7dkn")
	switch {
	case errors.Is(err, session.ErrNotFound):
		fmt.Println("nobody is signed in")
	case err != nil:
		log.Fatal(err)
	default:
		name, _ := s.Lookup("user", "name")
		fmt.Println(name)
	}
}

func ExampleStore_Watch() {
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
	defer rdb.Close()
	err := redisstore.New(rdb, nil).Watch(ctx, func(ids []string) {
		if ids == nil {
			fmt.Println("any session may have changed")
		}
		fmt.Println(len(ids), "sessions have changed")
	})
	log.Print(err)
}

// A data source name that is wrong is found out before the server is asked.
func Example_open() {
	_, err := session.Open("redis://:pa/ss@localhost:6379?prefx=myapp_", nil)
	fmt.Println(err)
	// Output: redisstore: the data source name: its parameter "prefx" is unknown or misspelt; known are prefix, dbindex, timeout, read_timeout, cluster, redis_cluster, sentinel, redis_sentinel, sentinel_master, class, host[...], auth and ssl[...]
}
