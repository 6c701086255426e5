package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func init() { addRegistry("redis by hand", openRedisByHand, "github.com/redis/go-redis/v9") }

// A redisByHand is what people write when there is more than one node: a key for
// each client, with a session in JSON. Every lookup asks redis.
type redisByHand struct {
	ctx    context.Context
	client *redis.Client
	users  []string
}

type sessionJSON struct {
	User  string    `json:"user"`
	Roles []string  `json:"roles"`
	Since time.Time `json:"since"`
}

const byHandTTL = 30 * time.Minute

func openRedisByHand(ctx context.Context, b *backends, users []string) (registry, error) {
	addr, err := b.redisAddr()
	if err != nil {
		return nil, err
	}
	// A database of its own, so that DBSIZE counts its clients only.
	return &redisByHand{ctx, redis.NewClient(&redis.Options{Addr: addr, DB: 1}), users}, nil
}

func (r *redisByHand) key(i int) string { return "client:" + r.users[i] }

func (r *redisByHand) attach(i int) error {
	value, err := json.Marshal(sessionJSON{r.users[i], sessionRoles, time.Now()})
	if err != nil {
		return err
	}
	return r.client.Set(r.ctx, r.key(i), value, byHandTTL).Err()
}

func (r *redisByHand) lookup(i int) (string, error) {
	value, err := r.client.Get(r.ctx, r.key(i)).Bytes()
	if errors.Is(err, redis.Nil) {
		return "", clientstorage.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	var s sessionJSON
	if err := json.Unmarshal(value, &s); err != nil {
		return "", err
	}
	return s.User, nil
}

// lookupForeign is no other than lookup: there is nothing that a node knows by
// itself.
func (r *redisByHand) lookupForeign(i int) (string, error) { return r.lookup(i) }

func (r *redisByHand) detach(i int) error { return r.client.Del(r.ctx, r.key(i)).Err() }

func (r *redisByHand) count() (int, error) {
	n, err := r.client.DBSize(r.ctx).Result()
	return int(n), err
}

func (r *redisByHand) close() error { return r.client.Close() }
