package model

// rules are the rules of the protocol, each of which can be switched off.
type rules struct {
	oneWriter        bool // R1: else the nodes share their lists, and read, change and write them
	wholeState       bool // R2: else a write carries what changed since the last one
	oneInFlight      bool // R3: else a key may have two writes in flight
	newIncarnation   bool // R4: else a restarted node takes its old id again
	leaseFilter      bool // R5: else a page is believed without a lease
	noReaper         bool // R5: else a node deletes the page of one without a lease
	mark             bool // R6: a mark that is gone tells that everything may be
	markFirst        bool // R6: the mark is written before pages and lists
	markNumber       bool // R6: every attempt at a mark has another number
	beginLost        bool // R6: a node begins as one that has lost everything
	ownClock         bool // R6: a last renewal longer than a lease ago tells the same
	pagesBeforeLease bool // R6: a lost node writes pages and lists before the lease
	retry            bool // R7: a failed write is written again
	readBack         bool // R7: a key in doubt is read back
	watchEmptied     bool // R7: also one that was deleted
	lastReadBack     bool // R7: its window ends with a read, not without one
	sweep            bool // R8: now and then everything is written again
	sweepEmpty       bool // R8: and what must not be there is deleted again
	bothLevels       bool // R9: changes go to the lists of both levels
	listsBeforeLease bool // R9: the lists of the new level are there before the lease names it
	deleteLater      bool // R9: old lists stay as long as a reader may look for them
	rejoin           bool // R10: a node that is missing in the list adds itself again
	coverWait        bool // R11: Attach waits until the lease covers the page
	closeLeaseFirst  bool // R13: Close deletes the lease, then pages and lists

	// Two other signs of a loss, which do not suffice in place of the mark.
	leaseGone bool // the lease is gone
	nameGone  bool // the name is gone from the list of nodes
}

func protocol() rules {
	return rules{
		oneWriter: true, wholeState: true, oneInFlight: true, newIncarnation: true,
		leaseFilter: true, noReaper: true,
		mark: true, markFirst: true, markNumber: true, beginLost: true,
		ownClock: true, pagesBeforeLease: true,
		retry: true, readBack: true, watchEmptied: true, lastReadBack: true,
		sweep: true, sweepEmpty: true,
		bothLevels: true, listsBeforeLease: true, deleteLater: true,
		rejoin: true, coverWait: true, closeLeaseFirst: true,
	}
}
