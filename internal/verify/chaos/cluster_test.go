package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// A cluster is a cache, the nodes that share it, and a reader.
type cluster struct {
	name     string
	large    bool // bursts make node 0 change the number of its lists
	cache    *cache
	seats    [seats]*seat
	reader   *child
	tally    *tally
	settings settings // of its children, but for name and seed

	mu      sync.Mutex
	random  *rand.Rand
	started int // children, so that no two have one name
	left    []departure
	known   map[string][]string // ids of clients that go if their node does
	gone    []string            // ids of the last clients that are no more
}

const (
	seats   = 3
	clients = 25 // around which a node keeps
	// A burst is of hundreds of clients. In the large cluster it goes beyond the
	// 32 users on each of 64 lists that make a node double their number, and back
	// to where it halves it.
	burstSize      = 300
	largeBurstSize = 32*64 + 100
)

// A seat is a place for a node. Whoever wants to do something to the process
// holds mu meanwhile.
type seat struct {
	mu    sync.Mutex
	node  *child
	extra int // clients that bursts have left
}

// A departure is that of a node that was killed or closed.
type departure struct {
	node string
	at   time.Time
}

func startCluster(number int, random *rand.Rand, cache *cache, tally *tally) (*cluster, error) {
	c := &cluster{
		name:   fmt.Sprintf("cluster %d", number),
		large:  number == 0,
		cache:  cache,
		tally:  tally,
		random: random,
		known:  make(map[string][]string),
		// Clients of Redis differ in whether they repeat what failed, and users of
		// the library in whether they wait.
		settings: settings{Addr: cache.addr, Retries: []int{0, -1}[number%2], NoWait: number%3 == 2},
	}
	for i := range c.seats {
		c.seats[i] = &seat{}
		if err := c.startNode(i); err != nil {
			return c, err
		}
	}
	var err error
	c.reader, err = c.startChild("reader")
	return c, err
}

func (c *cluster) startChild(kind string) (*child, error) {
	c.mu.Lock()
	c.started++
	s := c.settings
	s.Name = fmt.Sprintf("%s-%d", kind, c.started)
	s.Seed = c.random.Uint64()
	c.mu.Unlock()
	return startChild(s)
}

// startNode puts a new node on a seat, which churns from then on.
func (c *cluster) startNode(i int) error {
	node, err := c.startChild(fmt.Sprintf("node%d", i))
	if err != nil {
		return err
	}
	c.seats[i].node, c.seats[i].extra = node, 0
	return c.churn(i)
}

// churn has a node attach, update and detach. The last seat is a calm one: what
// the cache loses of it is not written again by chance.
func (c *cluster) churn(i int) error {
	pause := 25 * time.Millisecond
	if i == seats-1 {
		pause = 600 * time.Millisecond
	}
	_, err := c.seats[i].node.do(request{Do: doChurn, Clients: clients, Pause: pause})
	return err
}

// departed notes that a node left, so nobody may see it for much longer.
func (c *cluster) departed(node string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = append(c.left, departure{node, time.Now()})
	c.gone = append(c.gone, c.known[node]...)
	delete(c.known, node)
}

// know notes ids of some clients of a node, to ask for when it has left.
func (c *cluster) know(node string, clients []client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[node] = nil
	for _, some := range clients[:min(len(clients), 10)] {
		c.known[node] = append(c.known[node], some.ID)
	}
}

// remember notes ids of clients that are gone.
func (c *cluster) remember(gone []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const most = 60
	c.gone = append(c.gone, gone...)
	c.gone = slices.Clone(c.gone[max(0, len(c.gone)-most):])
}

// overdue returns the nodes that left so long ago that nobody may see them. A
// lease that was on its way when the server stopped may have been taken when it
// went on, so the time counts from then.
func (c *cluster) overdue() (nodes []string) {
	healthy, ok := c.cache.healthySince()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.left {
		if ok && time.Since(d.at) > lease+slack && time.Since(healthy) > lease+slack {
			nodes = append(nodes, d.node)
		}
	}
	return nodes
}

// nodes returns the nodes that there are, while no fault befalls them.
func (c *cluster) nodes() (all []*child) {
	for _, s := range c.seats {
		if s != nil && s.node != nil {
			all = append(all, s.node)
		}
	}
	return all
}

// processes returns the nodes and the reader.
func (c *cluster) processes() []*child {
	all := c.nodes()
	if c.reader != nil {
		all = append(all, c.reader)
	}
	return all
}

// finish closes all nodes, one after the other, while the cache is well.
func (c *cluster) finish() error {
	healthy, _ := c.cache.healthySince()
	time.Sleep(time.Until(healthy.Add(doubt)))
	for i := range c.seats {
		if err := c.withdraw(i); err != nil {
			return err
		}
	}
	return c.reader.end()
}

// withdraw closes a node. If the cache was well for long enough, so that the
// node doubts none of its writes, nothing of the node may be left in it.
func (c *cluster) withdraw(i int) error {
	node := c.seats[i].node
	began := time.Now()
	if _, err := node.do(request{Do: doClose}); err != nil {
		return err
	}
	c.departed(node.node)
	if err := node.end(); err != nil {
		return err
	}
	left, err := c.cache.leftOf(node.node)
	if healthy, ok := c.cache.healthySince(); !ok || began.Sub(healthy) < doubt {
		return nil // what is left expires
	}
	c.tally.add("nodes that left nothing", 1)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%s closed node %s, which left in the cache: %s", c.name, node.node, left)
	}
	return err
}

// kill ends all processes.
func (c *cluster) kill() {
	for _, p := range c.processes() {
		p.kill()
		c.tally.spent(p.process)
	}
}

// each runs do for every process at once.
func each(processes []*child, do func(*child) error) error {
	errs := make([]error, len(processes))
	var wg sync.WaitGroup
	for i, p := range processes {
		wg.Go(func() { errs[i] = do(p) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
