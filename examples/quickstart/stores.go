package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/dgraph-io/ristretto"
	redisstore "github.com/eko/gocache/store/redis/v4"
	ristrettostore "github.com/eko/gocache/store/ristretto/v4"
	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// The stores are where the website's sessions and the list of clients are kept.
type stores struct {
	sessions scs.Store
	clients  clientstorage.Driver
	shared   bool // with other nodes
	close    func() error
}

func openStores(ctx context.Context, redisAddr string) (*stores, error) {
	if redisAddr == "" {
		return inThisProcess(ctx)
	}
	return inRedis(ctx, redisAddr)
}

// inThisProcess keeps both in memory. One node alone needs no cache at all, and
// clientstorage.New(nil, nil) would do; the cache is here to show where yours
// goes, whichever it is.
func inThisProcess(ctx context.Context) (*stores, error) {
	memory, err := ristretto.NewCache(&ristretto.Config{
		NumCounters: 1e5,
		MaxCost:     64 << 20, // bytes
		BufferItems: 64,
	})
	if err != nil {
		return nil, fmt.Errorf("ristretto: %w", err)
	}
	clients, err := decorator.New(ctx, ristrettostore.NewRistretto(memory))
	if err != nil {
		memory.Close()
		return nil, err
	}
	closeCache := func() error { memory.Close(); return nil }
	return &stores{sessions: memstore.New(), clients: clients, close: closeCache}, nil
}

// inRedis keeps both in a Redis that other nodes use as well.
func inRedis(ctx context.Context, addr string) (*stores, error) {
	rdb := redis.NewClient(&redis.Options{
		Addr:                  addr,
		DialTimeout:           time.Second,
		ContextTimeoutEnabled: true, // or the timeouts of the storage would not count
	})
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := rdb.Ping(ctx).Err(); err != nil {
		err = fmt.Errorf("no answer from the Redis at %s: %w\nStart one with redis-server, or leave out -redis to keep all in this process", addr, err)
		return nil, errors.Join(err, rdb.Close())
	}
	clients, err := decorator.New(ctx, redisstore.NewRedis(rdb))
	if err != nil {
		return nil, errors.Join(err, rdb.Close())
	}
	return &stores{sessions: goredisstore.New(rdb), clients: clients, shared: true, close: rdb.Close}, nil
}
