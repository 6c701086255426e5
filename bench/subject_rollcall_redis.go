package main

import (
	"context"

	redisstore "github.com/eko/gocache/store/redis/v4"
	"github.com/redis/go-redis/v9"
)

func init() {
	addRegistry("rollcall redis", openRollcallRedis,
		"github.com/redis/go-redis/v9", "github.com/eko/gocache/store/redis/v4")
}

func openRollcallRedis(ctx context.Context, b *backends, users []string) (registry, error) {
	addr, err := b.redisAddr()
	if err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: addr})
	return openShared(ctx, redisstore.NewRedis(client), users, func() { client.Close() })
}
