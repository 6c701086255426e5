package clientstorage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// What an explanation of a user is bounded by.
const (
	explainedNodes = 8    // nodes that it tells of; the others are counted
	explainedPages = 1024 // pages that it searches though no list names them
)

// ExplainUser says why clients of user are visible or are not, node by node, as
// [Storage.Explain] does for one client. It also searches pages that no list
// names, and says where lists and pages disagree; what changes while they are
// read can look like that for a moment. It tells of the nodes that have
// something to tell first, and bounds how many it tells of and how many pages it
// searches; what it left out is the last step.
func (s *Storage) ExplainUser(ctx context.Context, user string) Explanation {
	x := &userExplainer{explainer: explainer{ctx: ctx, Storage: s}, user: user, search: explainedPages}
	if user == "" || len(user) > maxNameLen {
		x.say("user", false, "no client can have this name: it is empty, or longer than %d bytes", maxNameLen)
		return x.Explanation
	}
	x.inMemory()
	if s.shared == nil {
		x.say("cache", false, "this storage has none, so there are no other nodes")
		return x.Explanation
	}
	x.inCache()
	return x.Explanation
}

type userExplainer struct {
	explainer
	user   string
	search int // unlisted pages that may still be read
}

// inMemory says what this node itself has.
func (x *userExplainer) inMemory() {
	own := len(x.table.ofUser(x.user))
	x.Visible = own > 0
	if own == 0 && x.shared != nil && !x.shared.isNode() {
		x.say("client", false, "this storage is no node: it has attached nobody, or is closed")
		return
	}
	x.at(x.table.node, x.opts.Name)
	if own == 0 {
		x.say("client", false, "none attached to this node")
		return
	}
	x.say("client", true, "%s attached to this node", plural(own, "client"))
}

// inCache says what each node has in the cache.
func (x *userExplainer) inCache() {
	wanted := x.outstanding(x.ownParts())
	nodes, ok := x.nodesToAsk()
	if !ok {
		x.sayWritten(wanted, true)
		return
	}
	places := x.places(nodes)
	var telling, quiet [][]Step
	for i := range places {
		steps, tells := x.explainPlace(&places[i], wanted)
		if tells {
			telling = append(telling, steps)
		} else {
			quiet = append(quiet, steps)
		}
	}
	all := append(telling, quiet...)
	for _, steps := range all[:min(len(all), explainedNodes)] {
		x.Steps = append(x.Steps, steps...)
	}
	x.node, x.name = "", ""
	if len(all) > explainedNodes {
		told := max(0, len(telling)-explainedNodes)
		x.say("rest", false, "%s left out, %d of them with something to tell", plural(len(all)-explainedNodes, "node"), told)
	}
	if x.search < 0 {
		x.say("rest", false, "only %d of the pages that no list names were searched", explainedPages)
	}
}

// ownParts returns the parts of this node that have to do with the user.
func (x *userExplainer) ownParts() []part {
	t, s := x.table, x.shared
	hash := fnv1a(t.seed, x.user)
	var pages []uint32
	t.mu.Lock()
	if head := t.find(x.user, hash); head != noSlot {
		pages = t.pagesOf(nil, head)
	}
	t.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []part
	for _, level := range s.levels.written() {
		parts = append(parts, part{level, hash & (1<<level - 1)})
	}
	for _, page := range pages {
		parts = append(parts, part{pageLevel, page})
	}
	return parts
}

// nodesToAsk returns the nodes in the list of nodes, and this one if it is one.
func (x *userExplainer) nodesToAsk() (nodes []NodeID, ok bool) {
	nodes, err := x.shared.fetchNodes(x.ctx)
	own := x.table.node
	listed := slices.Contains(nodes, own)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		x.fail("node", err, "the list of nodes cannot be read")
		return nil, false
	case !listed && x.shared.isNode():
		x.say("node", false, "not in the list of nodes, so no other node asks this one; it adds itself with its next heartbeat")
		nodes = append(nodes, own)
	case len(nodes) == 0:
		x.node, x.name = "", ""
		x.say("node", false, "there is no other node")
	}
	return nodes, true
}

// A userPlace is what the cache has of one node, and where the user is in it.
type userPlace struct {
	*answer
	asked  time.Time
	bucket uint32
	named  []uint32 // pages that the list names for the user
	listed error    // why there are none
}

// places reads the leases of nodes, and then the lists that the user would be
// in. The list of a node that is gone is at the level that it had when it was
// last seen.
func (x *userExplainer) places(nodes []NodeID) []userPlace {
	s := x.shared
	places := make([]userPlace, len(nodes))
	keys := make([]string, len(nodes))
	asked := time.Now()
	for i, node := range nodes {
		keys[i] = s.leaseKey(node)
	}
	for i, value := range s.fetchEach(x.ctx, keys) {
		p := &places[i]
		p.answer, p.asked = &answer{node: nodes[i]}, asked
		p.lease, p.err = s.leaseIn(x.ctx, value)
		level := p.lease.level
		if p.err != nil {
			last, _ := s.view.last(p.node)
			p.lease.name, level = last.name, max(last.level, minLevel)
		}
		p.lease.level = level
		p.bucket = fnv1a(p.node.hashSeed(), x.user) & (1<<level - 1)
		keys[i] = s.listKey(p.node, level, p.bucket)
	}
	for i, value := range s.fetchEach(x.ctx, keys) {
		p := &places[i]
		if p.listed = value.err; value.err == nil {
			list := &answer{node: p.node, values: []fetched{value}}
			p.named, p.listed = s.pagesOfUser(x.ctx, list, x.user)
		}
	}
	return places
}

// explainPlace returns the steps of one node, and whether they tell more than
// that the user is not there.
func (x *userExplainer) explainPlace(p *userPlace, wanted debt) (steps []Step, tells bool) {
	y := *x
	y.Explanation = Explanation{}
	y.at(p.node, p.lease.name)
	alive := y.sayLease(p.node, p.lease, p.err, p.asked)
	y.sayList(p, alive)
	agrees := true
	if alive {
		agrees = y.sayClients(p)
	}
	if p.node == x.table.node {
		y.sayWritten(wanted, agrees && (y.Visible == x.Visible || y.Unread))
		tells = true
	}
	x.Visible = x.Visible || y.Visible
	x.Unread = x.Unread || y.Unread
	x.search = y.search
	return y.Steps, tells || y.Unread || !agrees || len(p.named) > 0
}

// sayList says whether the list names the user.
func (x *userExplainer) sayList(p *userPlace, alive bool) {
	list := fmt.Sprintf("list %d of level %d", p.bucket, p.lease.level)
	switch {
	case !alive && len(p.named) > 0:
		x.say("list", true, "%s still names the user, who was there when the node last wrote it", list)
	case !alive && (p.listed == nil || errors.Is(p.listed, ErrNotFound)):
		// The level of a node that is gone may have been another one.
	case errors.Is(p.listed, ErrNotFound):
		x.say("list", false, "%s is not there: it is empty, or the cache has dropped it", list)
	case p.listed != nil:
		x.fail("list", p.listed, "%s cannot be read", list)
	case len(p.named) == 0:
		x.say("list", false, "%s does not name the user", list)
	default:
		x.say("list", true, "%s names the user, on %s", list, plural(len(p.named), "page"))
	}
}
