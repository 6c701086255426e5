package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// printNodes prints a table of the nodes, and the sum.
func printNodes(ctx context.Context, out io.Writer, storage *clientstorage.Storage) error {
	nodes, unread := storage.Nodes(ctx)
	count, err := storage.Count(ctx)
	table := newTable(out)
	fmt.Fprintln(table, "NODE\tNAME\tCLIENTS\tUSERS\tANONYMOUS\tAGE")
	for _, n := range nodes {
		printCount(table, n.ID.String(), printable(n.Name), n.Count)
	}
	printCount(table, "all", "", count)
	fmt.Fprintln(table)
	return errors.Join(table.Flush(), notWhole(cmp.Or(unread, err)))
}

func printCount(table io.Writer, node, name string, c clientstorage.Count) {
	fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%s\n", node, name, c.Clients, c.Users, c.Anonymous, rounded(c.Age))
}

// printClients prints a table of clients. If some of them could not be read, it
// prints the others and says so with an error.
func printClients(out io.Writer, all iter.Seq2[*clientstorage.Client, error]) error {
	var clients []*clientstorage.Client
	var unread []error
	for client, err := range all {
		if err != nil {
			unread = append(unread, err)
			continue
		}
		clients = append(clients, client)
	}
	slices.SortFunc(clients, func(a, b *clientstorage.Client) int {
		return cmp.Or(cmp.Compare(a.User, b.User), a.Since.Compare(b.Since))
	})
	table := newTable(out)
	fmt.Fprintln(table, "USER\tROLES\tSINCE (UTC)\tCLIENT\tAGE")
	for _, c := range clients {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", printable(c.User), printable(strings.Join(c.Roles, " ")),
			c.Since.UTC().Format(time.DateTime), c.ID, rounded(c.Age()))
	}
	fmt.Fprintf(table, "%d connected\n", len(clients))
	return errors.Join(table.Flush(), notWhole(errors.Join(unread...)))
}

// printOnline prints which of users have a client.
func printOnline(ctx context.Context, out io.Writer, storage *clientstorage.Storage, users []string) error {
	presence, err := storage.Online(ctx, users...)
	table := newTable(out)
	fmt.Fprintln(table, "USER\tONLINE\tAGE")
	for _, user := range users {
		online := "no"
		switch {
		case presence.Online[user]:
			online = "yes"
		case err != nil:
			online = "unknown" // those who could not be read may have a client
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", printable(user), online, rounded(presence.Age))
	}
	return errors.Join(table.Flush(), notWhole(err))
}

// explain prints why a client, or a user, is visible or is not.
func explain(ctx context.Context, out io.Writer, storage *clientstorage.Storage, who string) error {
	var why clientstorage.Explanation
	if id, err := clientstorage.ParseID(who); err == nil {
		why = storage.Explain(ctx, id)
	} else {
		why = storage.ExplainUser(ctx, who)
	}
	_, err := fmt.Fprintln(out, why)
	return err
}

func newTable(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }

// rounded is an age as exact as it is of use.
func rounded(age time.Duration) time.Duration { return age.Round(100 * time.Millisecond) }

func notWhole(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the list is not whole: %w", err)
}

// printable keeps what users may have put into their names off the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
