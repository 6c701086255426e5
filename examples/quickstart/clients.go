package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A clientView is how a client looks in JSON.
type clientView struct {
	ID        clientstorage.ID `json:"id"`
	User      string           `json:"user"`
	Anonymous bool             `json:"anonymous"`
	Roles     []string         `json:"roles"`
	Node      string           `json:"node"`
	Since     time.Time        `json:"since"`
}

func viewOf(c *clientstorage.Client) clientView {
	return clientView{
		ID:        c.ID,
		User:      c.User,
		Anonymous: c.Anonymous,
		Roles:     append([]string{}, c.Roles...), // [] in JSON, never null
		Node:      c.ID.Node().String(),
		Since:     c.Since.UTC().Truncate(time.Millisecond),
	}
}

// everybody lists the clients of all nodes, those who came first at the top.
// With an error the list holds what could be read.
func everybody(ctx context.Context, storage *clientstorage.Storage) ([]clientView, error) {
	list := []clientView{}
	var errs []error
	for client, err := range storage.All(ctx) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, viewOf(client))
	}
	slices.SortFunc(list, func(a, b clientView) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return list, errors.Join(errs...)
}
