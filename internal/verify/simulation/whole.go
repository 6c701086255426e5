package simulation

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// whole checks that every storage answers every question with the truth. Nothing
// moves meanwhile.
func (w *world) whole(when string) {
	w.journal.note("everything has to be right %s", when)
	gone := w.truth.bury(40)
	nodes := w.running()
	for _, n := range nodes {
		if w.failed() {
			return
		}
		w.checkLocal(n)
		e := examiner{w: w, n: n, when: when, truth: w.expected(nodes)}
		e.examine(gone)
	}
}

// expectation is what every storage has to answer.
type expectation struct {
	clients []*client
	nodes   map[clientstorage.NodeID]clientstorage.Count
}

func (w *world) expected(nodes []*node) expectation {
	e := expectation{nodes: make(map[clientstorage.NodeID]clientstorage.Count)}
	for _, n := range nodes {
		clients := w.truth.of(n, attached)
		e.clients = append(e.clients, clients...)
		if !n.attaches.Load() {
			continue
		}
		count := clientstorage.Count{Clients: len(clients)}
		users := make(map[string]bool)
		for _, c := range clients {
			users[c.user] = true
			if c.anonymous {
				count.Anonymous++
			}
		}
		count.Users = len(users)
		e.nodes[n.storage.Node()] = count
	}
	return e
}

// An examiner asks one storage about everything.
type examiner struct {
	w     *world
	n     *node
	when  string
	truth expectation
}

func (e *examiner) examine(gone []*client) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := e.n.storage
	e.same("All", e.describe(s.All(ctx)), func(*client) bool { return true })
	for _, user := range e.users() {
		e.same("ByUser "+user, e.describe(s.ByUser(ctx, user)), func(c *client) bool { return c.user == user })
	}
	roles := allRoles[:2]
	e.same(fmt.Sprint("ByRole ", roles), e.describe(s.ByRole(ctx, roles...)), func(c *client) bool {
		return slices.ContainsFunc(c.versions[len(c.versions)-1].roles, func(role string) bool { return slices.Contains(roles, role) })
	})
	e.lookups(ctx, gone)
	e.askUsers(ctx)
	e.askNodes(ctx)
}

// users returns those to ask about: all, or if they are thousands, some.
func (e *examiner) users() []string {
	names := map[string]bool{"nobody": true}
	for i := range min(e.w.plan.users, 40) {
		names[fmt.Sprintf("user-%d", i)] = true
	}
	for i, c := range e.truth.clients {
		if c.anonymous && i < 20 {
			names[c.user] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// describe returns a line for each client of a list, and for each error.
func (e *examiner) describe(list iter.Seq2[*clientstorage.Client, error]) []string {
	var lines []string
	for c, err := range list {
		if err != nil {
			lines = append(lines, err.Error())
			continue
		}
		lines = append(lines, line(c.Attributes[serialAttribute], c.ID, c.User, c.Anonymous, c.Roles, c.Attributes[versionAttribute]))
	}
	slices.Sort(lines)
	return lines
}

func (c *client) line() string {
	last := len(c.versions) - 1
	return line(fmt.Sprint(c.serial), c.id, c.user, c.anonymous, c.versions[last].roles, fmt.Sprint(last))
}

func line(serial string, id clientstorage.ID, user string, anonymous bool, roles []string, version string) string {
	return fmt.Sprint(serial, " ", id, " ", user, " ", anonymous, " ", roles, " ", version)
}

// same compares what a storage said with the truth about those clients who
// belong there.
func (e *examiner) same(question string, got []string, belongs func(*client) bool) {
	var want []string
	for _, c := range e.truth.clients {
		if belongs(c) {
			want = append(want, c.line())
		}
	}
	slices.Sort(want)
	e.equal(question, got, want)
}

// equal compares two sorted lists.
func (e *examiner) equal(question string, got, want []string) {
	if slices.Equal(got, want) {
		return
	}
	e.w.fail("%s: %s, asked %s, is not the truth (%d answers, %d expected):%s", e.n.name, question, e.when, len(got), len(want), difference(got, want))
}

func difference(got, want []string) string {
	var b strings.Builder
	lines := 0
	only := func(these, those []string, mark string) {
		for i, s := range these {
			if (!slices.Contains(those, s) || i > 0 && these[i-1] == s) && lines < 10 {
				fmt.Fprintf(&b, "\n\t%s %s", mark, s)
				lines++
			}
		}
	}
	only(got, want, "too much:")
	only(want, got, "missing: ")
	return b.String()
}

// lookups looks clients up who are there, and who were.
func (e *examiner) lookups(ctx context.Context, gone []*client) {
	s := e.n.storage
	var got, want []string
	for i, c := range e.truth.clients {
		if i > 200 {
			break // of thousands, some will do
		}
		want = append(want, c.line())
		if found, err := s.Lookup(ctx, c.id); err != nil {
			got = append(got, fmt.Sprint(c.serial, " ", err))
		} else {
			got = append(got, line(found.Attributes[serialAttribute], found.ID, found.User, found.Anonymous, found.Roles, found.Attributes[versionAttribute]))
		}
	}
	e.equal("Lookup", got, want)
	for _, c := range gone {
		if found, err := s.Lookup(ctx, c.id); err == nil || err.Error() != clientstorage.ErrNotFound.Error() {
			e.w.fail("%s: Lookup of client %d, who is gone, asked %s: %+v, %v", e.n.name, c.serial, e.when, found, err)
		}
	}
}

// askUsers asks who is there.
func (e *examiner) askUsers(ctx context.Context) {
	var got, want []string
	there := make(map[string]bool)
	for _, c := range e.truth.clients {
		if !there[c.user] {
			want = append(want, fmt.Sprint(c.user, " ", c.anonymous))
		}
		there[c.user] = true
	}
	for u, err := range e.n.storage.Users(ctx) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, fmt.Sprint(u.Name, " ", u.Anonymous))
	}
	slices.Sort(got)
	slices.Sort(want)
	e.equal("Users", got, want)

	asked := append(e.users(), slices.Sorted(maps.Keys(there))...)
	online, err := e.n.storage.Online(ctx, asked...)
	if err != nil {
		e.w.fail("%s: Online, asked %s: %v", e.n.name, e.when, err)
	}
	e.equal("Online", slices.Sorted(maps.Keys(online.Online)), slices.Sorted(maps.Keys(there)))
}

// askNodes asks which nodes there are, and compares what the hooks said of them.
func (e *examiner) askNodes(ctx context.Context) {
	var got, want []string
	sum := clientstorage.Count{}
	others := make(map[clientstorage.NodeID]bool)
	for id, c := range e.truth.nodes {
		want = append(want, fmt.Sprint(id, c.Clients, c.Users, c.Anonymous))
		sum.Clients += c.Clients
		sum.Users += c.Users
		sum.Anonymous += c.Anonymous
		if id != e.n.storage.Node() {
			others[id] = true
		}
	}
	nodes, err := e.n.storage.Nodes(ctx)
	for _, n := range nodes {
		got = append(got, fmt.Sprint(n.ID, n.Count.Clients, n.Count.Users, n.Count.Anonymous))
	}
	slices.Sort(got)
	slices.Sort(want)
	e.equal("Nodes", got, want)
	count, countErr := e.n.storage.Count(ctx)
	count.Age = 0
	if err != nil || countErr != nil || count != sum {
		e.w.fail("%s: Nodes and Count, asked %s: %v, %v; %+v instead of %+v", e.n.name, e.when, err, countErr, count, sum)
	}
	if e.n.watched.active && !maps.Equal(e.n.watched.known(), others) {
		e.w.fail("%s: the hooks were told of %v, asked %s, but there are %v", e.n.name, e.n.watched.known(), e.when, others)
	}
}
