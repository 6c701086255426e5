package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A churn attaches, updates and detaches clients of a node, as its users would.
// It remembers what it did, so that it knows the truth without the storage.
type churn struct {
	storage *clientstorage.Storage
	fails   func(format string, args ...any)

	mu     sync.Mutex
	random *rand.Rand
	serial int
	mine   []*clientstorage.Client // that nobody is just working on
	gone   []string                // the last that left

	stop chan struct{}
	work sync.WaitGroup
}

const (
	workers      = 3
	atOnce       = 32 // in a burst
	knownUsers   = 30 // who have several tabs on several nodes
	rememberGone = 20
)

// start keeps the number of clients around about. The pause between two steps of
// a worker is the given one on average.
func (c *churn) start(about int, pause time.Duration) {
	stop := make(chan struct{})
	c.stop = stop
	if n := c.size(); n < about/2 {
		c.burst(about-n, "")
	}
	for range workers {
		c.work.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(c.draw(int(2 * pause)))):
				}
				c.step(about)
			}
		})
	}
}

// rest returns when all workers and bursts have ended.
func (c *churn) rest() {
	if c.stop != nil {
		close(c.stop)
		c.stop = nil
	}
	c.work.Wait()
}

// burst attaches n clients, or detaches -n, as fast as it can. For family see
// attach.
func (c *churn) burst(n int, family string) {
	do := func() { c.attach(family) }
	if n < 0 {
		n, do = -n, c.detach
	}
	turns := make(chan struct{}, atOnce)
	c.work.Go(func() {
		for range n {
			turns <- struct{}{}
			c.work.Go(func() { do(); <-turns })
		}
	})
}

func (c *churn) step(about int) {
	switch n := c.draw(100); {
	case n < 30:
		c.update()
	case n < 65 && c.size() < 2*about:
		c.attach("")
	default:
		c.detach()
	}
}

// attach attaches a client of a known user, of nobody, or of a new user whose
// name begins with family.
func (c *churn) attach(family string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	added, err := c.storage.Attach(ctx, c.invent(family))
	if err != nil {
		c.fails("Attach: %v", err)
		return
	}
	c.giveBack(added)
}

// invent returns a client that bears a mark: what it should be, in its own
// attributes, where everybody who sees it can compare.
func (c *churn) invent(family string) clientstorage.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serial++
	var invented clientstorage.Client
	switch {
	case family != "":
		invented.User = fmt.Sprintf("%s-%d", family, c.serial)
	case c.random.IntN(4) == 0:
		invented.User = fmt.Sprintf("anon-%v-%d", c.storage.Node(), c.serial)
		invented.Anonymous = true
	default:
		invented.User = fmt.Sprintf("user-%d", c.random.IntN(knownUsers))
	}
	invented.Roles = c.someRoles()
	invented.Attributes = map[string]string{markName: mark(c.storage.Node(), c.serial, invented.User)}
	return invented
}

func (c *churn) someRoles() []string {
	var some []string
	for _, role := range roles {
		if c.random.IntN(3) == 0 {
			some = append(some, role)
		}
	}
	return some
}

func (c *churn) update() {
	old := c.take()
	if old == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c.mu.Lock()
	roles, page := c.someRoles(), strconv.Itoa(c.random.IntN(1000))
	c.mu.Unlock()
	updated, err := c.storage.Update(ctx, old.ID, func(changed *clientstorage.Client) {
		changed.Roles = roles
		changed.Attributes["page"] = page
	})
	if err != nil {
		c.fails("Update: %v", err)
		updated = old
	} else if !slices.Equal(updated.Roles, roles) || updated.Attributes["page"] != page {
		c.fails("Update of %v returned %v", old, updated)
	}
	c.giveBack(updated)
}

func (c *churn) detach() {
	old := c.take()
	if old == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.storage.Detach(ctx, old.ID, nil); err != nil {
		c.fails("Detach: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = append(c.gone, old.ID.String())
	c.gone = c.gone[max(0, len(c.gone)-rememberGone):]
}

// take returns a client that nobody else gets until it is given back, or nil.
func (c *churn) take() *clientstorage.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.mine) == 0 {
		return nil
	}
	i, last := c.random.IntN(len(c.mine)), len(c.mine)-1
	taken := c.mine[i]
	c.mine[i] = c.mine[last]
	c.mine = c.mine[:last]
	return taken
}

func (c *churn) giveBack(client *clientstorage.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mine = append(c.mine, client)
}

func (c *churn) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.mine)
}

func (c *churn) draw(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

// truth returns the clients of this node and how many there have been, and fails
// if its storage says otherwise. The churn must be at rest.
func (c *churn) truth() (all []client, attached int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := map[string]string{}
	for found := range c.storage.Local().All() {
		said[found.ID.String()] = plain(found).String()
	}
	done := map[string]string{}
	for _, m := range c.mine {
		all = append(all, plain(m))
		done[m.ID.String()] = plain(m).String()
	}
	if !maps.Equal(said, done) {
		c.fails("Local().All() has %d clients, %d were attached and not detached, or they are not the same", len(said), len(done))
	}
	return all, c.serial
}
