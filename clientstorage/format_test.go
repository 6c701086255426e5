package clientstorage_test

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"iter"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/clientstorage"
)

var update = flag.Bool("update", false, "write testdata/format/golden.json")

const goldenFile = "testdata/format/golden.json"

// A golden file has what a small cluster keeps in a cache, and what is to be
// answered from it. Readers in other languages may test themselves with it.
type golden struct {
	Keys    map[string]goldenValue `json:"keys"`
	Ask     questions              `json:"ask"`
	Answers answers                `json:"answers"`
}

type goldenValue struct {
	TTL int    `json:"ttl"` // in seconds
	Hex string `json:"hex"`
}

// Questions are those that take an argument. The others are asked in any case.
type questions struct {
	Lookup []string `json:"lookup"`
	ByUser []string `json:"byUser"`
	Online []string `json:"online"`
}

type answers struct {
	Lookup     map[string]*answeredClient  `json:"lookup"`
	ByUser     map[string][]answeredClient `json:"byUser"`
	Online     []string                    `json:"online"`
	All        []answeredClient            `json:"all"`
	Count      answeredCount               `json:"count"`
	Users      []answeredUser              `json:"users"`
	Nodes      []answeredNode              `json:"nodes"`
	Unreadable string                      `json:"unreadable,omitempty"` // instead of all that
}

type answeredClient struct {
	ID         string            `json:"id"`
	User       string            `json:"user"`
	Anonymous  bool              `json:"anonymous"`
	Roles      []string          `json:"roles"`
	Since      int64             `json:"since"`
	Attributes map[string]string `json:"attributes"`
	Age        int64             `json:"age,omitempty"`
}

type answeredUser struct {
	Name      string `json:"name"`
	Anonymous bool   `json:"anonymous"`
}

type answeredCount struct {
	Clients   int   `json:"clients"`
	Users     int   `json:"users"`
	Anonymous int   `json:"anonymous"`
	Age       int64 `json:"age,omitempty"`
}

type answeredNode struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	answeredCount
}

// goldenQuestions also ask for what is not there.
var goldenQuestions = questions{
	Lookup: []string{
		"ASNFZ4mrze8AAAAAAAAAAI", // alice
		"ASNFZ4mrze8AAAAAAAAAAE", // who had that slot before
		"ASNFZ4mrze8AAACRAAAAAE", // alice, on page "10"
		"ASNFZ4mrze8AAACRQAAAAE", // nobody yet
		"ASNFZ4mrze8AAAAEAAAAAE", // nobody any more, on a page with others
		"ASNFZ4mrze8AAAAIAAAAAE", // on a page that is not kept
		"_ty6mHZUMhAAAAAAAAAAAE", // bob
		"VVVVVVVVVVUAAAAAAAAAAE", // of the node that is gone
		"EREREREREREAAAAAAAAAAE", // of a node that nobody knows
		"ASNFZ4mrze8AAAAAAAAAAJ", // alice, but for bits that mean nothing
		"ASNFZ4mrze8", "", "ASNFZ4mrze8AAAAAAAAAA/",
	},
	ByUser: []string{"alice", "bob", "carol", "žofie 🚀", "1234", "", "Alice"},
	Online: []string{"nobody", "žofie 🚀", "alice", "carol", "1234", "anon-0000000000000", "", "bob"},
}

// The bytes are a promise to readers that were not written here. A change of
// them that a reader of this version cannot skip needs another version.
func TestGolden(t *testing.T) {
	now := golden{Keys: make(map[string]goldenValue), Ask: goldenQuestions}
	var d clientstorage.MemoryDriver
	for _, item := range clientstorage.GoldenCluster() {
		now.Keys[item.Key] = goldenValue{int(item.TTL.Seconds()), hex.EncodeToString(item.Value)}
		if err := d.Save(t.Context(), item.Key, item.Value, item.TTL); err != nil {
			t.Fatal(err)
		}
	}
	asker := newShared(t, &d)
	now.Answers = withoutAges(ask(t, asker, now.Ask))
	got, err := json.MarshalIndent(now, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(goldenFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	var before golden
	if err := json.Unmarshal(want, &before); err != nil {
		t.Fatal(err)
	}
	for key := range before.Keys {
		if now.Keys[key] != before.Keys[key] {
			t.Errorf("%s is %v; want %v", key, now.Keys[key], before.Keys[key])
		}
	}
	compareAnswers(t, "Go", now.Answers, before.Answers)
	t.Errorf("%s is not what is written now; if that is meant, see docs/format.md for what is a new version, and then: go test ./clientstorage -run Golden -update", goldenFile)
}

// The example in the documentation is from the golden file.
func TestExampleOfFormat(t *testing.T) {
	page, err := os.ReadFile("../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	g := readGolden(t)
	examples := regexp.MustCompile("```\n(\\S+)\n([0-9a-f ]+)\n").FindAllSubmatch(page, -1)
	for _, example := range examples {
		if key, value := string(example[1]), strings.ReplaceAll(string(example[2]), " ", ""); g.Keys[key].Hex != value {
			t.Errorf("docs/format.md has %s under %s; want %s", value, key, g.Keys[key].Hex)
		}
	}
	if len(examples) != 3 {
		t.Errorf("%d examples are found; want 3", len(examples))
	}
}

func readGolden(t *testing.T) golden {
	t.Helper()
	b, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// ask asks a storage everything. What is corrupt makes it unreadable, as it does
// for the other readers.
func ask(t *testing.T, s *clientstorage.Storage, q questions) answers {
	t.Helper()
	ctx := t.Context()
	a := answers{Lookup: make(map[string]*answeredClient), ByUser: make(map[string][]answeredClient)}
	failed := func(err error) {
		switch {
		case errors.Is(err, clientstorage.ErrCorrupt):
			a.Unreadable = err.Error()
		case err != nil:
			t.Error(err)
		}
	}
	for _, text := range q.Lookup {
		a.Lookup[text] = nil
		id, err := clientstorage.ParseID(text)
		if err != nil {
			continue // names nobody
		}
		c, err := s.Lookup(ctx, id)
		if err == nil {
			answer := answerOf(c)
			a.Lookup[text] = &answer
		} else if !errors.Is(err, clientstorage.ErrNotFound) {
			failed(err)
		}
	}
	collect := func(clients iter.Seq2[*clientstorage.Client, error]) (all []answeredClient) {
		for c, err := range clients {
			if err != nil {
				failed(err)
				continue
			}
			all = append(all, answerOf(c))
		}
		return all
	}
	for _, user := range q.ByUser {
		a.ByUser[user] = collect(s.ByUser(ctx, user))
	}
	a.All = collect(s.All(ctx))
	presence, err := s.Online(ctx, q.Online...)
	failed(err)
	for user := range presence.Online {
		a.Online = append(a.Online, user)
	}
	for u, err := range s.Users(ctx) {
		if failed(err); err == nil {
			a.Users = append(a.Users, answeredUser{u.Name, u.Anonymous})
		}
	}
	count, err := s.Count(ctx)
	failed(err)
	a.Count = countOf(count)
	nodes, err := s.Nodes(ctx)
	failed(err)
	for _, n := range nodes {
		a.Nodes = append(a.Nodes, answeredNode{n.ID.String(), n.Name, countOf(n.Count)})
	}
	if a.Unreadable != "" {
		return answers{Unreadable: a.Unreadable}
	}
	return ordered(a)
}

func answerOf(c *clientstorage.Client) answeredClient {
	return answeredClient{c.ID.String(), c.User, c.Anonymous, c.Roles, c.Since.UnixMilli(), c.Attributes, c.Age().Milliseconds()}
}

func countOf(c clientstorage.Count) answeredCount {
	return answeredCount{c.Clients, c.Users, c.Anonymous, c.Age.Milliseconds()}
}

// ordered returns answers in an order of their own, so that answers from
// different readers can be compared.
func ordered(a answers) answers {
	byID := func(clients []answeredClient) []answeredClient {
		slices.SortFunc(clients, func(x, y answeredClient) int { return cmp.Compare(x.ID, y.ID) })
		return clients
	}
	byID(a.All)
	for _, clients := range a.ByUser {
		byID(clients)
	}
	slices.Sort(a.Online)
	slices.SortFunc(a.Users, func(x, y answeredUser) int { return cmp.Compare(x.Name, y.Name) })
	slices.SortFunc(a.Nodes, func(x, y answeredNode) int { return cmp.Compare(x.ID, y.ID) })
	return a
}

// eachAge calls f for every age in the answers.
func (a *answers) eachAge(f func(age *int64, node string)) {
	ofClients := func(clients []answeredClient) {
		for i := range clients {
			f(&clients[i].Age, clients[i].ID[:11])
		}
	}
	ofClients(a.All)
	for _, clients := range a.ByUser {
		ofClients(clients)
	}
	for _, c := range a.Lookup {
		if c != nil {
			f(&c.Age, c.ID[:11])
		}
	}
	for i := range a.Nodes {
		f(&a.Nodes[i].Age, a.Nodes[i].ID)
	}
	f(&a.Count.Age, "")
}

func withoutAges(a answers) answers {
	a.eachAge(func(age *int64, _ string) { *age = 0 })
	return a
}

// sameJSON makes one spelling of what means the same in the answers.
var sameJSON = strings.NewReplacer("[]", "null", "{}", "null", `\ufffd`, "\ufffd")

// compareAnswers compares answers by what they look like in JSON.
func compareAnswers(t *testing.T, who string, got, want answers) {
	t.Helper()
	texts := func(a answers) map[string]string {
		parts := map[string]any{"online": a.Online, "count": a.Count, "users": a.Users, "nodes": a.Nodes, "all": a.All, "unreadable": a.Unreadable}
		for id, c := range a.Lookup {
			parts["lookup "+id] = c
		}
		for user, clients := range a.ByUser {
			parts["by user "+user] = clients
		}
		texts := make(map[string]string)
		for what, part := range parts {
			b, err := json.Marshal(part)
			if err != nil {
				t.Fatal(err)
			}
			texts[what] = sameJSON.Replace(string(b))
		}
		return texts
	}
	g, w := texts(got), texts(want)
	if len(g) != len(w) {
		t.Errorf("%s gives %d answers; want %d", who, len(g), len(w))
	}
	for what := range w {
		if g[what] != w[what] {
			t.Errorf("%s answers %s with\n%.2000s\nwant\n%.2000s", who, what, g[what], w[what])
		}
	}
}
