package session

import "context"

// A Store holds the bytes of a website's sessions. It reads and never writes,
// takes no lock, and leaves expiry as it is. Its methods must be safe for
// concurrent use.
type Store interface {
	// Fetch returns a record for each of ids, in their order, in as few round
	// trips as it can. The ids are of letters, digits, commas, hyphens and
	// underscores and at most 256 bytes, unless Cookie.Decode makes others. It
	// heeds ctx. A session that is longer than max bytes is not fetched, if that
	// can be known before, and is ErrUnreadable.
	Fetch(ctx context.Context, ids []string, max int) []Record
	// Close gives up what the store has opened itself.
	Close() error
}

// A Record is the bytes of one session, or why there are none: ErrNotFound if it
// is not there or has expired, ErrUnreadable if only this one cannot be read,
// any other error if the backend could not be asked. An error names neither the
// session id nor a password.
type Record struct {
	Data []byte // the caller's
	Err  error
}

// Fail returns n records that all have this error. It is what a store returns
// whose only round trip failed.
func Fail(n int, err error) []Record {
	records := make([]Record, n)
	for i := range records {
		records[i].Err = err
	}
	return records
}

// A Watcher is a [Store] that can tell when sessions change.
type Watcher interface {
	// Watch calls changed with the ids of sessions that were written, have
	// expired or were deleted, until ctx ends or it can no longer tell, which is
	// the error. It may tell too much. After a loss it calls changed with nil:
	// anything may have changed.
	Watch(ctx context.Context, changed func(ids []string)) error
}
