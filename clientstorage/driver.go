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
	// one second; it is an error to pass none. Save does not keep value.
	Save(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Delete removes key. It is not an error if there is no such key.
	Delete(ctx context.Context, key string) error
}
