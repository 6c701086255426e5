package simulation

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// ask asks a storage one question at any time, and checks what must hold even
// then. Errors are fine: what cannot be read is no answer.
func (w *world) ask(ctx context.Context, n *node, kind int, user string, who *client) {
	asked := time.Now()
	w.journal.note("%s is asked question %d about %s", n.name, kind, user)
	switch kind {
	case 0:
		w.hear(n, "All", asked, n.storage.All(ctx))
	case 1, 2:
		w.hear(n, "ByUser", asked, n.storage.ByUser(ctx, user))
	case 3:
		w.hear(n, "ByRole", asked, n.storage.ByRole(ctx, allRoles[0]))
	case 4:
		w.askOnline(ctx, n, asked, user)
	case 5:
		n.storage.Count(ctx)
		for u, err := range n.storage.Users(ctx) {
			if err == nil {
				w.checkUser(n, "Users", u.Name, asked, u.Age)
			}
		}
	default:
		if who == nil || w.truth.idOf(who).IsZero() {
			return
		}
		if c, err := n.storage.Lookup(ctx, w.truth.idOf(who)); err == nil {
			w.checkClient(n, "Lookup", asked, c)
		}
	}
}

// hear checks a list of clients.
func (w *world) hear(n *node, question string, asked time.Time, list func(func(*clientstorage.Client, error) bool)) {
	seen := make(map[clientstorage.ID]bool)
	for c, err := range list {
		if err != nil {
			continue
		}
		if seen[c.ID] {
			w.fail("%s: %s has client %s twice", n.name, question, c.Attributes[serialAttribute])
		}
		seen[c.ID] = true
		w.checkClient(n, question, asked, c)
	}
}

// checkClient checks that a client that was found existed as it is, and was
// there as long ago as its age says.
func (w *world) checkClient(n *node, question string, asked time.Time, got *clientstorage.Client) {
	now := time.Now()
	t := w.truth
	known := t.find(got)
	if known == nil {
		w.fail("%s: %s has a client that never was: %+v", n.name, question, got)
		return
	}
	allowed := t.onTheWay(got.ID.Node(), asked)
	t.mu.Lock()
	defer t.mu.Unlock()
	number, err := strconv.Atoi(got.Attributes[versionAttribute])
	if err != nil || number < 0 || number >= len(known.versions) ||
		got.User != known.user || got.Anonymous != known.anonymous ||
		!known.id.IsZero() && got.ID != known.id ||
		got.ID.Node() != known.node.storage.Node() ||
		!slices.Equal(got.Roles, known.versions[number].roles) {
		w.fail("%s: %s has a client that never was so: %+v", n.name, question, got)
		return
	}
	if known.buried {
		w.fail("%s: %s has client %d, who was gone when all was quiet", n.name, question, known.serial)
	}
	until := known.versions[number].until
	if until.IsZero() {
		return
	}
	if age := now.Sub(until); age > got.Age()+allowed {
		w.fail("%s: %s says of client %d, version %d, that it was so %v ago at most, but it was %v ago (and its lease was on the way for %v)",
			n.name, question, known.serial, number, got.Age(), age, allowed)
	}
}

// askOnline checks that a user who is said to be there was there as long ago as
// the age says.
func (w *world) askOnline(ctx context.Context, n *node, asked time.Time, user string) {
	p, err := n.storage.Online(ctx, user)
	if err == nil && p.Online[user] {
		w.checkUser(n, "Online", user, asked, p.Age)
	}
}

func (w *world) checkUser(n *node, question, user string, asked time.Time, age time.Duration) {
	now := time.Now()
	last, node := w.truth.lastSeen(user)
	if node == nil {
		w.fail("%s: %s has %s, who never was there", n.name, question, user)
		return
	}
	if real := now.Sub(last); !last.IsZero() && real > age+w.truth.onTheWay(node.storage.Node(), asked) {
		w.fail("%s: %s says of %s that it was there %v ago at most, but it was %v ago, on %s", n.name, question, user, age, real, node.name)
	}
}

// lastSeen returns when the user was last there, zero if that is now, and where.
func (t *truth) lastSeen(user string) (last time.Time, on *node) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.clients {
		if c.user != user {
			continue
		}
		until := c.versions[len(c.versions)-1].until
		if until.IsZero() {
			return until, c.node
		}
		if on == nil || until.After(last) {
			last, on = until, c.node
		}
	}
	return last, on
}

func (t *truth) idOf(c *client) clientstorage.ID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return c.id
}

// checkLocal checks the answers about a node's own clients, which are exact at
// all times.
func (w *world) checkLocal(n *node) {
	found := make(map[*client]bool)
	for c := range n.storage.Local().All() {
		known := w.truth.find(c)
		if known == nil || known.node != n || found[known] {
			w.fail("%s: Local has a client that it should not: %+v", n.name, c)
			return
		}
		found[known] = true
	}
	for _, c := range w.truth.of(n, attached) {
		if !found[c] {
			w.fail("%s: Local lacks client %d", n.name, c.serial)
		}
		if !n.storage.Local().Online(c.user) {
			w.fail("%s: Local lacks user %s", n.name, c.user)
		}
	}
	for _, c := range w.truth.of(n, gone) {
		if found[c] {
			w.fail("%s: Local has client %d, who is gone", n.name, c.serial)
		}
	}
	if count := n.storage.Local().Count(); count.Clients != len(found) {
		w.fail("%s: Local counts %d of %d clients", n.name, count.Clients, len(found))
	}
	w.checkLimit(n)
}

// checkLimit checks that no user has more clients on a node than one may have.
func (w *world) checkLimit(n *node) {
	most := n.opts.PerUser.Max
	if most == 0 {
		return
	}
	of := make(map[string]int)
	for c := range n.storage.Local().All() {
		if of[c.User]++; of[c.User] > most {
			w.fail("%s: %s has more than %d clients", n.name, c.User, most)
		}
	}
}
