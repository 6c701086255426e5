package main

import (
	"context"

	"github.com/dgraph-io/ristretto"
	ristrettostore "github.com/eko/gocache/store/ristretto/v4"
)

func init() {
	addRegistry("rollcall ristretto", openRollcallRistretto,
		"github.com/dgraph-io/ristretto", "github.com/eko/gocache/store/ristretto/v4")
}

func openRollcallRistretto(ctx context.Context, _ *backends, users []string) (registry, error) {
	cache, err := ristretto.NewCache(&ristretto.Config{
		NumCounters:        10 * int64(len(users)+100), // ten times the keys, says its documentation
		MaxCost:            1 << 30,                    // bytes; so much that nothing is evicted
		BufferItems:        64,
		IgnoreInternalCost: true,
	})
	if err != nil {
		return nil, err
	}
	return openShared(ctx, ristrettostore.NewRistretto(cache), users, cache.Close)
}
