package clientstorage

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound says that a key or a client does not exist. A backend that could
// not be asked is never ErrNotFound.
var ErrNotFound = errors.New("clientstorage: not found")

// A Driver keeps bytes under keys for a time. It is all that client storage
// asks of a backend. Its methods must be safe for concurrent use.
//
// A Driver may forget a key before its time; it must not return it after. Keys
// are short and printable. The package drivertest checks a Driver against this
// contract.
type Driver interface {
	// Fetch returns the value of key, or an error that is ErrNotFound. The
	// caller owns the bytes.
	Fetch(ctx context.Context, key string) ([]byte, error)

	// Save stores value under key for ttl and replaces what was there. A later
	// Fetch returns this value, or that of a later Save. The ttl is at least
	// one second; it is an error to pass none. When Save has returned, with an
	// error or without, it does not read value any more: the caller reuses it.
	Save(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Delete removes key. It is not an error if there is no such key.
	Delete(ctx context.Context, key string) error
}

// A CorruptHearer is a Driver that wants to know when a value that it returned
// was not one that a node of this version writes. A driver cannot see that by
// itself. A decorator passes it on, with [HearCorrupt].
type CorruptHearer interface {
	// HearCorrupt is told the error, which is ErrCorrupt.
	HearCorrupt(ctx context.Context, err error)
}

// HearCorrupt calls d.HearCorrupt, if d has that method.
func HearCorrupt(ctx context.Context, d Driver, err error) {
	if d, ok := d.(CorruptHearer); ok {
		d.HearCorrupt(ctx, err)
	}
}
