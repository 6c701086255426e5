package main

import (
	"context"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func init() { addRegistry("rollcall memory", openRollcallMemory) }

func openRollcallMemory(ctx context.Context, _ *backends, users []string) (registry, error) {
	storage, err := clientstorage.New(nil, nil)
	if err != nil {
		return nil, err
	}
	return &rollcallRegistry{ctx: ctx, storage: storage, users: users, ids: make([]clientstorage.ID, len(users))}, nil
}
