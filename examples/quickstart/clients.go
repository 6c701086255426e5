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
	// Age is how old this is at most, in seconds. Own clients have none.
	Age float64 `json:"age,omitempty"`
}

func viewOf(c *clientstorage.Client) clientView {
	return clientView{
		ID:        c.ID,
		User:      c.User,
		Anonymous: c.Anonymous,
		Roles:     append([]string{}, c.Roles...), // [] in JSON, never null
		Node:      c.ID.Node().String(),
		Since:     c.Since.UTC().Truncate(time.Millisecond),
		Age:       seconds(c.Age()),
	}
}

// seconds is as exact as it is of use to people.
func seconds(age time.Duration) float64 {
	return age.Round(100 * time.Millisecond).Seconds()
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

// A nodeView is how a node looks in JSON.
type nodeView struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Clients   int     `json:"clients"`
	Users     int     `json:"users"`
	Anonymous int     `json:"anonymous"`
	Age       float64 `json:"age,omitempty"` // as that of its clients
}

// theNodes lists the nodes that are alive, this one first if it has ever had a
// client. With an error the list holds what could be read.
func theNodes(ctx context.Context, storage *clientstorage.Storage) ([]nodeView, error) {
	nodes, err := storage.Nodes(ctx)
	list := []nodeView{}
	for _, n := range nodes {
		list = append(list, nodeView{
			ID:        n.ID.String(),
			Name:      n.Name,
			Clients:   n.Count.Clients,
			Users:     n.Count.Users,
			Anonymous: n.Count.Anonymous,
			Age:       seconds(n.Count.Age),
		})
	}
	return list, err
}
