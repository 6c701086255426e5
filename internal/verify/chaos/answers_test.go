package chaos

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// questions are what a process is asked, beside All, Users, Count and Nodes.
type questions struct {
	Users []string `json:",omitempty"` // for ByUser, and all of them for Online
	Roles []string `json:",omitempty"`
	IDs   []string `json:",omitempty"` // for Lookup
}

// answers are sorted lines by question. A failure is a line as well, so a
// process that could not answer is one that answered wrongly.
type answers map[string][]string

func (a answers) add(question, format string, args ...any) {
	a[question] = append(a[question], fmt.Sprintf(format, args...))
}

func (a answers) addClients(question string, clients iter.Seq2[*clientstorage.Client, error]) {
	for c, err := range clients {
		if err != nil {
			a.add(question, "error: %v", err)
			continue
		}
		a.add(question, "%v", plain(c))
	}
}

func (a answers) addCount(c clientstorage.Count) {
	a.add("Count", "clients=%d users=%d anonymous=%d", c.Clients, c.Users, c.Anonymous)
}

func (a answers) addNode(node string, name string, c clientstorage.Count) {
	a.add("Nodes", "%s %s clients=%d users=%d anonymous=%d", node, name, c.Clients, c.Users, c.Anonymous)
}

func (a answers) sort() answers {
	for _, lines := range a {
		slices.Sort(lines)
	}
	return a
}

// ask asks a storage.
func ask(s *clientstorage.Storage, q questions) answers {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a := answers{}
	a.addClients("All", s.All(ctx))
	for u, err := range s.Users(ctx) {
		if err != nil {
			a.add("Users", "error: %v", err)
			continue
		}
		a.add("Users", "%s anonymous=%t", u.Name, u.Anonymous)
	}
	count, err := s.Count(ctx)
	if a.addCount(count); err != nil {
		a.add("Count", "error: %v", err)
	}
	nodes, err := s.Nodes(ctx)
	for _, n := range nodes {
		a.addNode(n.ID.String(), n.Name, n.Count)
	}
	if err != nil {
		a.add("Nodes", "error: %v", err)
	}
	askByName(ctx, s, q, a)
	return a.sort()
}

func askByName(ctx context.Context, s *clientstorage.Storage, q questions, a answers) {
	for _, user := range q.Users {
		a.addClients("ByUser "+user, s.ByUser(ctx, user))
	}
	for _, role := range q.Roles {
		a.addClients("ByRole "+role, s.ByRole(ctx, role))
	}
	if len(q.Users) > 0 {
		presence, err := s.Online(ctx, q.Users...)
		for _, user := range q.Users {
			a.add("Online", "%s %t", user, presence.Online[user])
		}
		if err != nil {
			a.add("Online", "error: %v", err)
		}
	}
	for _, text := range q.IDs {
		question := "Lookup " + text
		id, err := clientstorage.ParseID(text)
		if err != nil {
			a.add(question, "error: %v", err)
			continue
		}
		switch c, err := s.Lookup(ctx, id); {
		case errors.Is(err, clientstorage.ErrNotFound):
			a.add(question, "not found")
		case err != nil:
			a.add(question, "error: %v", err)
		default:
			a.add(question, "%v", plain(c))
		}
	}
}

// A truth is what one node holds.
type truth struct {
	node    string
	name    string
	clients []client
}

// expect returns the answers that follow from the truth of all nodes.
func expect(nodes []truth, q questions) answers {
	a := answers{}
	byID, byUser, byRole := map[string][]client{}, map[string][]client{}, map[string][]client{}
	var sum clientstorage.Count
	for _, n := range nodes {
		count := n.count()
		a.addNode(n.node, n.name, count)
		sum.Clients += count.Clients
		sum.Users += count.Users
		sum.Anonymous += count.Anonymous
		for _, c := range n.clients {
			a.add("All", "%v", c)
			if byUser[c.User] == nil {
				a.add("Users", "%s anonymous=%t", c.User, c.Anonymous)
			}
			byID[c.ID] = append(byID[c.ID], c)
			byUser[c.User] = append(byUser[c.User], c)
			for _, role := range c.Roles {
				byRole[role] = append(byRole[role], c)
			}
		}
	}
	a.addCount(sum)
	for _, user := range q.Users {
		a.add("Online", "%s %t", user, byUser[user] != nil)
		a.expectClients("ByUser "+user, byUser[user])
	}
	for _, role := range q.Roles {
		a.expectClients("ByRole "+role, byRole[role])
	}
	for _, id := range q.IDs {
		if a.expectClients("Lookup "+id, byID[id]); byID[id] == nil {
			a.add("Lookup "+id, "not found")
		}
	}
	return a.sort()
}

func (a answers) expectClients(question string, clients []client) {
	for _, c := range clients {
		a.add(question, "%v", c)
	}
}

// count is the node's share of Count. A user who is on two nodes counts twice.
func (t truth) count() clientstorage.Count {
	count := clientstorage.Count{Clients: len(t.clients)}
	users := map[string]bool{}
	for _, c := range t.clients {
		users[c.User] = true
		if c.Anonymous {
			count.Anonymous++
		}
	}
	count.Users = len(users)
	return count
}

// A difference is an answer that is not as expected.
type difference struct {
	asked            string // who
	question         string
	missing, tooMany []string
}

func (d difference) String() string {
	return fmt.Sprintf("%s, asked for %s:%s%s", d.asked, d.question, some("missing", d.missing), some("too many", d.tooMany))
}

// some prints the first of lines.
func some(what string, lines []string) string {
	const most = 8
	text := ""
	for i, line := range lines {
		if i == most {
			text += fmt.Sprintf("\n\t\t%s: %d more", what, len(lines)-most)
			break
		}
		text += fmt.Sprintf("\n\t\t%s: %s", what, line)
	}
	return text
}

// differences compares what was answered with what was expected.
func (a answers) differences(want answers, asked string) (all []difference) {
	questions := map[string]bool{}
	for q := range want {
		questions[q] = true
	}
	for q := range a {
		questions[q] = true
	}
	for q := range questions {
		if slices.Equal(a[q], want[q]) {
			continue
		}
		all = append(all, difference{asked, q, without(want[q], a[q]), without(a[q], want[q])})
	}
	slices.SortFunc(all, func(a, b difference) int { return len(a.question) - len(b.question) })
	return all
}

// without returns the lines of a that are not in b, as often as there are more.
func without(a, b []string) (rest []string) {
	have := map[string]int{}
	for _, line := range b {
		have[line]++
	}
	for _, line := range a {
		if have[line]--; have[line] < 0 {
			rest = append(rest, line)
		}
	}
	return rest
}
