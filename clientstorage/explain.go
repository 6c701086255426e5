package clientstorage

import (
	"context"
	"fmt"
	"strings"
	"unicode"
)

// An Explanation says why a client is visible or is not, or why those of a user
// are. It is for people to read: in a log, in a terminal, on a page for
// operators. It has no values from the cache but the names of nodes, and names no
// user.
type Explanation struct {
	// Visible is what this storage answers: that Lookup finds the client, or
	// that ByUser finds a client of the user.
	Visible bool `json:"visible"`
	// Unread says that something could not be read, so there may be more to be
	// seen than there is.
	Unread bool `json:"unread,omitempty"`
	// Steps are what was looked at, in that order. What would matter only after
	// something that was not found is not looked at.
	Steps []Step `json:"steps"`
}

// A Step is one thing that was looked at.
type Step struct {
	// Node is the id of the node that this is about, and Name what that node
	// calls itself, as far as it is known. Both may be empty.
	Node string `json:"node,omitempty"`
	Name string `json:"name,omitempty"`
	// What was looked at: the "id" or the "user" that was asked for, a "node" in
	// the list of nodes, a "lease", a "list" of users, a "page", a "client" on
	// it or in memory, the "cache", or if this node has a "write" outstanding;
	// "rest" is what was left out.
	What string `json:"what"`
	// Found says that it is there, and as it should be.
	Found bool `json:"found"`
	// Detail says the same in words, and more.
	Detail string `json:"detail"`
	// Err is why it could not be read. It is not in JSON, because the error of a
	// cache may say where the cache is.
	Err error `json:"-"`
}

// Explain says why the client id is visible or is not, as far as it can be read;
// what cannot is part of the explanation. It takes one round trip. Of a client
// of this node, it says whether the other nodes can see it, too.
func (s *Storage) Explain(ctx context.Context, id ID) Explanation {
	x := &explainer{ctx: ctx, Storage: s}
	switch {
	case id.IsZero() || id.slot >= maxSlots:
		x.say("id", false, "no client ever has this id: it is malformed")
	case id.node == s.table.node:
		x.ownClient(id)
	case s.shared == nil:
		x.at(id.node, "")
		x.say("cache", false, "the id is another node's, and this storage has no cache to find it in")
	default:
		x.Visible = x.clientInCache(id)
	}
	return x.Explanation
}

// String returns a few lines: whether it is visible, and the steps.
func (e Explanation) String() string {
	var b strings.Builder
	b.WriteString(e.verdict())
	for _, step := range e.Steps {
		b.WriteString("\n  ")
		// Names and errors are not this program's own words.
		b.WriteString(strings.Map(printable, step.line()))
	}
	return b.String()
}

func (e Explanation) verdict() string {
	switch {
	case e.Visible && e.Unread:
		return "visible, but not all could be read"
	case e.Visible:
		return "visible"
	case e.Unread:
		return "not seen, but not all could be read"
	default:
		return "not visible"
	}
}

func (s Step) line() string {
	var b strings.Builder
	switch {
	case s.Err != nil:
		b.WriteString("err ")
	case s.Found:
		b.WriteString("yes ")
	default:
		b.WriteString("no  ")
	}
	switch {
	case s.Name != "":
		fmt.Fprintf(&b, "%s (%s) ", s.Name, s.Node)
	case s.Node != "":
		fmt.Fprintf(&b, "%s ", s.Node)
	}
	fmt.Fprintf(&b, "%s: %s", s.What, s.Detail)
	if s.Err != nil {
		fmt.Fprintf(&b, ": %v", s.Err)
	}
	return b.String()
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}

// An explainer collects the steps of one explanation.
type explainer struct {
	*Storage
	ctx context.Context
	Explanation
	node, name string // that the next steps are about
}

// at says which node the next steps are about. An empty name is one that is not
// known yet.
func (x *explainer) at(node NodeID, name string) { x.node, x.name = node.String(), name }

func (x *explainer) say(what string, found bool, format string, args ...any) {
	x.Steps = append(x.Steps, Step{
		Node: x.node, Name: x.name, What: what, Found: found, Detail: fmt.Sprintf(format, args...),
	})
}

// fail says what could not be read.
func (x *explainer) fail(what string, err error, format string, args ...any) {
	x.say(what, false, format, args...)
	x.Steps[len(x.Steps)-1].Err = err
	x.Unread = true
}

// plural returns "1 page", or "2 pages".
func plural[N int | uint32](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
