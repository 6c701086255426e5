package clientstorage

import "errors"

// A Limit is how many clients one user may have.
//
// On one node it is exact. Across nodes it is kept as well as can be without a
// lock: Attach counts the user's clients on the other nodes by asking the cache,
// which costs it a read, and two nodes that attach at the same moment may both
// succeed. If the cache does not answer, only the clients of this node count.
type Limit struct {
	// Max is the most clients that one user may have. 0 is no limit.
	Max int

	// DetachOldest detaches those of the user's clients on this node that were
	// attached first, rather than refusing the new one. Those of other nodes
	// stay, even if they are older.
	DetachOldest bool
}

// ErrLimit says that the user of a client already has as many clients as
// [Options.PerUser] allows.
var ErrLimit = errors.New("clientstorage: the user has too many clients")

// ErrDisplaced is the reason for which a client is detached to make room for a
// newer one of the same user.
var ErrDisplaced = errors.New("clientstorage: displaced by a newer client of the user")
