package chaos

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A watch asks a storage all the time, also while faults happen, and checks
// what holds of every answer, whatever became of the cache.
type watch struct {
	storage *clientstorage.Storage

	mu         sync.Mutex
	violations []string
	known      map[string]string // the mark of each id, and the id of each mark
}

// Every client bears a mark, from which it can be told that its node has really
// attached it, and that nothing was mixed up since.
const markName = "mark"

func mark(node clientstorage.NodeID, serial int, user string) string {
	return fmt.Sprintf("%v/%d/%s", node, serial, user)
}

// fails notes a violation; the next reply takes it to the harness.
func (w *watch) fails(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	const most = 20 // the first tell enough
	if len(w.violations) < most {
		w.violations = append(w.violations, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.violations
	w.violations = nil
	return taken
}

// run asks something every now and then, until ctx ends.
func (w *watch) run(ctx context.Context, random *rand.Rand) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(100+random.IntN(300)) * time.Millisecond):
		}
		one, cancel := context.WithTimeout(ctx, time.Duration(200+random.IntN(2000))*time.Millisecond)
		w.once(one, random)
		cancel()
	}
}

func (w *watch) once(ctx context.Context, random *rand.Rand) {
	user := fmt.Sprintf("user-%d", random.IntN(knownUsers))
	role := roles[random.IntN(len(roles))]
	switch random.IntN(7) {
	case 0, 1:
		w.clients("All", w.storage.All(ctx), func(*clientstorage.Client) bool { return true })
	case 2:
		w.clients("ByUser "+user, w.storage.ByUser(ctx, user), func(c *clientstorage.Client) bool { return c.User == user })
	case 3:
		w.clients("ByRole "+role, w.storage.ByRole(ctx, role), func(c *clientstorage.Client) bool { return slices.Contains(c.Roles, role) })
	case 4:
		w.lookup(ctx)
	case 5:
		w.online(ctx, user)
	case 6:
		w.nodes(ctx)
	}
}

func (w *watch) clients(question string, clients iter.Seq2[*clientstorage.Client, error], fits func(*clientstorage.Client) bool) {
	seen := map[clientstorage.ID]bool{}
	for c, err := range clients {
		if err != nil {
			w.failure(question, err)
			continue
		}
		if seen[c.ID] {
			w.fails("%s has %v twice", question, plain(c))
		}
		if seen[c.ID] = true; !fits(c) {
			w.fails("%s has %v", question, plain(c))
		}
		w.client(question, c)
	}
}

// client checks that c is one that was attached.
func (w *watch) client(question string, c *clientstorage.Client) {
	id, marked := c.ID.String(), c.Attributes[markName]
	node, rest, _ := strings.Cut(marked, "/")
	_, user, _ := strings.Cut(rest, "/")
	if node != c.ID.Node().String() || user != c.User {
		w.fails("%s has %v, which was never attached", question, plain(c))
		return
	}
	w.mu.Lock()
	knownMark, knownID := w.known[id], w.known[marked]
	w.known[id], w.known[marked] = marked, id
	w.mu.Unlock()
	if knownMark != "" && knownMark != marked || knownID != "" && knownID != id {
		w.fails("%s has %v, but %s was %s and %s was %s", question, plain(c), id, knownMark, marked, knownID)
	}
}

func (w *watch) lookup(ctx context.Context) {
	id, ok := w.anyID()
	if !ok {
		return
	}
	c, err := w.storage.Lookup(ctx, id)
	switch {
	case errors.Is(err, clientstorage.ErrNotFound):
	case err != nil:
		w.failure("Lookup", err)
	case c.ID != id:
		w.fails("Lookup of %v returned %v", id, plain(c))
	default:
		w.client("Lookup", c)
	}
}

func (w *watch) anyID() (clientstorage.ID, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for text := range w.known {
		if id, err := clientstorage.ParseID(text); err == nil {
			return id, true
		}
	}
	return clientstorage.ID{}, false
}

func (w *watch) online(ctx context.Context, user string) {
	presence, err := w.storage.Online(ctx, user, "nobody")
	if err != nil {
		w.failure("Online", err)
	}
	if presence.Online["nobody"] {
		w.fails("Online says that nobody is online")
	}
	for name := range presence.Online {
		if name != user && name != "nobody" {
			w.fails("Online was asked for %s and tells of %s", user, name)
		}
	}
}

func (w *watch) nodes(ctx context.Context) {
	nodes, err := w.storage.Nodes(ctx)
	if err != nil {
		w.failure("Nodes", err)
	}
	seen := map[clientstorage.NodeID]bool{}
	for _, n := range nodes {
		if seen[n.ID] {
			w.fails("Nodes has %v twice", n.ID)
		}
		seen[n.ID] = true
	}
}

// named matches an error that says which node, or which operation, it is about.
var named = regexp.MustCompile(`^clientstorage: (node [\w-]{11}|[a-z][a-z ]+): .`)

func (w *watch) failure(question string, err error) {
	for line := range strings.Lines(err.Error()) {
		if !named.MatchString(line) {
			w.fails("%s failed without saying with what: %v", question, err)
		}
	}
}
