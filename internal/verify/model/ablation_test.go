package model

import "testing"

// An ablation switches a rule off in a small world, in which the whole protocol
// holds and without the rule a property does not.
type ablation struct {
	rule  string
	off   func(*rules)
	world world
}

var ablations = []ablation{
	{
		"R1: the nodes share a list, which they read, change and write",
		func(r *rules) { r.oneWriter = false },
		one(allow(detaches, 0), func(w *world) { w.machines = 2 }),
	},
	{
		"R2: a write carries what changed",
		func(r *rules) { r.wholeState = false },
		one(settled(1), pages(1, 2), allow(wipes, 1)),
	},
	{
		"R3: two writes of a key in flight",
		func(r *rules) { r.oneInFlight = false },
		one(pages(1, 2)),
	},
	{
		"R4: a restarted node takes its old id",
		func(r *rules) { r.newIncarnation = false },
		one(settled(2), pages(2, 1), allow(attaches, 1), allow(detaches, 0), allow(crashes, 1)),
	},
	{
		"R5: a page is believed without a lease",
		func(r *rules) { r.leaseFilter = false },
		one(settled(1), allow(crashes, 1)),
	},
	{
		"R5: a reaper",
		func(r *rules) { r.noReaper = false },
		two(allow(pauses, 1), allow(reaps, 1)),
	},
	{
		"R6: no mark",
		func(r *rules) { r.mark = false },
		one(settled(1), allow(wipes, 1)),
	},
	{
		"R6: a lease that is gone instead of the mark",
		func(r *rules) { r.mark, r.leaseGone = false, true },
		one(settled(1), allow(wipes, 1)),
	},
	{
		"R6: a name that is gone instead of the mark",
		func(r *rules) { r.mark, r.nameGone = false, true },
		two(allow(wipes, 1)),
	},
	{
		"R6: lease and name instead of the mark",
		func(r *rules) { r.mark, r.leaseGone, r.nameGone = false, true, true },
		two(allow(wipes, 1)),
	},
	{
		"R6: lease and name instead of the mark, a node does not begin as lost",
		func(r *rules) { r.mark, r.leaseGone, r.nameGone, r.beginLost = false, true, true, false },
		one(allow(wipes, 1)),
	},
	{
		"R6: a node does not begin as lost",
		func(r *rules) { r.beginLost = false },
		one(allow(wipes, 1)),
	},
	{
		"R6: the mark after the pages",
		func(r *rules) { r.markFirst = false },
		one(settled(1), allow(wipes, 2)),
	},
	{
		"R6: marks without a number",
		func(r *rules) { r.markNumber = false },
		one(allow(wipes, 1), allow(lates, 1)),
	},
	{
		"R6: no look at the own clock",
		func(r *rules) { r.ownClock = false },
		one(settled(1), allow(pauses, 1), allow(expiries, 1)),
	},
	{
		"R6: the lease before the pages",
		func(r *rules) { r.pagesBeforeLease = false },
		one(settled(1), allow(wipes, 1)),
	},
	{
		"R7: a failed write is not repeated",
		func(r *rules) { r.retry, r.readBack = false, false },
		one(allow(failures, 1)),
	},
	{
		"R7: no reading back",
		func(r *rules) { r.readBack = false },
		one(allow(lates, 1)),
	},
	{
		"R7: a page that was deleted is not read back",
		func(r *rules) { r.watchEmptied = false },
		one(allow(lates, 1)),
	},
	{
		"R7: the window ends without a last look",
		func(r *rules) { r.lastReadBack = false },
		one(allow(lates, 1), allow(pauses, 1)),
	},
	{
		"R8: no sweep",
		func(r *rules) { r.sweep = false },
		one(settled(1), allow(evictions, 1)),
	},
	{
		"R8: the sweep writes only what is there",
		func(r *rules) { r.sweepEmpty = false },
		one(settled(1), allow(attaches, 1), allow(fallbacks, 1)),
	},
	{
		"R9: changes go to the new level only",
		func(r *rules) { r.bothLevels = false },
		leveled(),
	},
	{
		"R9: the lease before the lists",
		func(r *rules) { r.listsBeforeLease = false },
		leveled(),
	},
	{
		"R9: old lists are deleted at once",
		func(r *rules) { r.deleteLater = false },
		leveled(),
	},
	{
		"R10: nobody adds itself again",
		func(r *rules) { r.rejoin = false },
		one(allow(detaches, 0), func(w *world) { w.machines = 2 }),
	},
	{
		"R11: Attach does not wait for the cover",
		func(r *rules) { r.coverWait = false },
		one(settled(1), pages(2, 1)),
	},
	{
		"R13: Close deletes the pages before the lease",
		func(r *rules) { r.closeLeaseFirst = false },
		one(settled(1), allow(closes, 1)),
	},
}

func TestAblations(t *testing.T) {
	for _, a := range ablations {
		t.Run(a.rule, func(t *testing.T) {
			t.Parallel()
			m := &model{protocol(), a.world}
			with := m.explore(limit)
			if with.broken != "" || with.quiet == 0 || !with.whole {
				t.Fatalf("with the rule: %v: %s\n%s", with, with.broken, m.trace(with.trace))
			}
			a.off(&m.rules)
			without := m.explore(limit)
			if without.broken == "" {
				t.Fatalf("no violation without the rule: %v", without)
			}
			t.Logf("with the rule: %v\nwithout, after %d states and %d steps: %s\n%s",
				with, without.states, len(without.trace), without.broken, m.trace(without.trace))
		})
	}
}
