package model

// one returns a world of one node with one client on its page and no faults,
// changed as it is told.
func one(with ...func(*world)) world {
	w := world{machines: 1, pages: 1, perPage: 1, users: 1, net: 3}
	w.budget[attaches], w.budget[detaches] = 2, 1
	for _, change := range with {
		change(&w)
	}
	return w
}

// two is one with a second node, which starts while node 0 is settled.
func two(with ...func(*world)) world {
	start := []func(*world){settled(1), allow(attaches, 1), allow(detaches, 0)}
	w := one(append(start, with...)...)
	w.machines = 2
	return w
}

// leveled is one in which node 0 changes the level of its lists, with two users
// and a reader that takes its time.
func leveled(with ...func(*world)) world {
	start := []func(*world){settled(1), allow(attaches, 1), allow(detaches, 0), allow(grows, 1), net(2)}
	w := one(append(start, with...)...)
	w.users, w.perPage, w.reader = 2, 2, true
	return w
}

// allow sets how often something can happen.
func allow(what, n uint8) func(*world) { return func(w *world) { w.budget[what] = n } }

// settled lets node 0 hold n clients from the beginning.
func settled(n uint8) func(*world) { return func(w *world) { w.settled = n } }

// pages sets how many pages a node has, and how many slots each.
func pages(n, perPage uint8) func(*world) {
	return func(w *world) { w.pages, w.perPage = n, perPage }
}

// net sets how many writes can be on their way.
func net(n uint8) func(*world) { return func(w *world) { w.net = n } }

// A place is a world with a name.
type place struct {
	name  string
	world world
}

// places are worlds that are small enough to see everything of.
var places = []place{
	{"two nodes start", one(pages(1, 2), func(w *world) { w.machines = 2 })},
	{"pages", one(settled(1), pages(2, 1), allow(detaches, 2))},
	{"level", leveled()},
	{"level, detach", leveled(allow(attaches, 0), allow(detaches, 1))},
	{"level, wipe", leveled(allow(attaches, 0), allow(wipes, 1))},
	{"level, late write", leveled(allow(lates, 1))},
	{"wipe, wipe", one(settled(1), allow(wipes, 2))},
	{"pause, wipe, pages expire", one(allow(pauses, 1), allow(wipes, 1), allow(expiries, 1))},
	{"late write, pause", one(allow(lates, 1), allow(pauses, 1))},
	{"late write, failed write", one(allow(attaches, 1), allow(lates, 1), allow(failures, 1))},
	{"late write, wipe", one(allow(lates, 1), allow(wipes, 1))},
	{"eviction, wipe", one(settled(1), allow(attaches, 1), allow(evictions, 1), allow(wipes, 1))},
	{"failover", one(settled(1), allow(fallbacks, 1))},
	{"close, late write", one(settled(1), allow(attaches, 1), allow(closes, 1), allow(lates, 1))},
	{"two nodes, wipe", two(allow(wipes, 1))},
	{"two nodes, crash, late write", two(allow(crashes, 1), allow(lates, 1))},
	{"two nodes, pause", two(allow(pauses, 1))},
}

// bigPlaces take minutes together.
var bigPlaces = []place{
	{"level, detach, wipe", leveled(allow(detaches, 1), allow(wipes, 1))},
	{"level, detach, late write", leveled(allow(detaches, 1), allow(lates, 1))},
	{"level, two attaches, detach", leveled(allow(attaches, 2), allow(detaches, 1))},
	{"pages, late write, failed write", one(settled(1), pages(2, 1), allow(attaches, 1), allow(detaches, 2), allow(lates, 1), allow(failures, 1))},
	{"page of two, two late writes", one(settled(1), pages(1, 2), allow(lates, 2))},
	{"late write, pause, wipe, pages expire", one(settled(1), allow(attaches, 1), allow(lates, 1), allow(pauses, 1), allow(wipes, 1), allow(expiries, 1))},
	{"two evictions, wipe", one(settled(1), allow(attaches, 1), allow(evictions, 2), allow(wipes, 1))},
	{"failover, wipe, late write", one(settled(1), allow(attaches, 1), allow(fallbacks, 1), allow(wipes, 1), allow(lates, 1))},
	{"two nodes, crash, wipe", two(allow(detaches, 1), allow(crashes, 1), allow(wipes, 1), net(2))},
	{"two nodes, late write, wipe", two(allow(lates, 1), allow(wipes, 1))},
	{"two nodes, pause, wipe, pages expire", two(allow(pauses, 1), allow(wipes, 1), allow(expiries, 1))},
	{"two nodes, pause, late write, pages expire", two(allow(pauses, 1), allow(lates, 1), allow(expiries, 1), net(2))},
	{"two nodes, two wipes", two(allow(wipes, 2))},
	{"two nodes, close, wipe", two(allow(attaches, 2), allow(closes, 1), allow(wipes, 1), net(2))},
}

// endless worlds are seen only in part: as far as patience goes.
var endless = []place{
	{"every fault of one node", one(settled(1), allow(attaches, 1), allow(lates, 1), allow(failures, 1), allow(pauses, 1), allow(expiries, 1), allow(wipes, 1), allow(evictions, 1))},
	{"two nodes, pause, late write, wipe, pages expire", two(allow(pauses, 1), allow(lates, 1), allow(wipes, 1), allow(expiries, 1), net(2))},
}

// wide is a world for random ways.
func wide() world {
	w := world{machines: 2, pages: 2, perPage: 2, users: 2, net: 4, reader: true}
	w.budget = [budgets]uint8{
		attaches: 7, detaches: 6, grows: 2, closes: 1, crashes: 1, pauses: 2, wipes: 2,
		failures: 2, lates: 2, evictions: 2, fallbacks: 1, expiries: 1,
	}
	return w
}
