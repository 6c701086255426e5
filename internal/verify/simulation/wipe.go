package simulation

import (
	"context"
	"time"
)

// wipeAtRest wipes the cache while nothing else is wrong and nobody is about to
// renew a lease. Then a node is seen with all of its clients, or until they are
// written again, not at all.
func (w *world) wipeAtRest() {
	const near = 200 * time.Millisecond // longer than a renewal takes
	wiped := false
	for range 100 {
		time.Sleep(w.plan.lease / 100)
		w.inQueue(func() {
			if wiped = !w.renewing(near); wiped {
				w.faults.wipe()
			}
		})
		if wiped {
			break
		}
	}
	if !wiped {
		return // the nodes take turns without a pause
	}
	for until := time.Now().Add(w.plan.lease); time.Now().Before(until) && !w.failed(); {
		if w.allOrNothing(w.nodes[0]) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(w.plan.lease) // nodes that join at once overwrite each other, and look again
	w.whole("after a wipe")
}

// renewing reports whether a node renews its lease at about this time.
func (w *world) renewing(near time.Duration) bool {
	for _, n := range w.running() {
		if !n.attaches.Load() {
			continue
		}
		since := time.Since(w.truth.lastLease(n.storage.Node()))
		if since < near || since > w.plan.lease/3-near {
			return true
		}
	}
	return false
}

// allOrNothing checks that no node is seen in part, and reports whether all are
// seen.
func (w *world) allOrNothing(asker *node) (whole bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	seen := make(map[*node]int)
	for c, err := range asker.storage.All(ctx) {
		if err != nil {
			w.fail("%s: All after a wipe: %v", asker.name, err)
			return false
		}
		seen[w.truth.find(c).node]++
	}
	whole = true
	for _, n := range w.running() {
		found, all := seen[n], len(w.truth.of(n, attached))
		whole = whole && found == all
		if found > 0 && found != all {
			w.fail("%s: right after a wipe, All has %d of the %d clients of %s", asker.name, found, all, n.name)
		}
	}
	return whole
}
