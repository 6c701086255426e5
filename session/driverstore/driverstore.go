// Package driverstore reads sessions from whatever package clientstorage can keep
// clients in: with package decorator, that is any cache of gocache.
//
// It is for websites written in Go that keep their sessions there, through a
// driver of the same kind.
package driverstore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/session"
)

// A Driver is what the store needs of a [clientstorage.Driver]. One that is a
// [clientstorage.ManyFetcher] too is asked for many sessions at once.
type Driver interface {
	Fetch(ctx context.Context, key string) ([]byte, error)
}

// Options configure a [Store]. Nil means the defaults.
type Options struct {
	// Prefix begins the key of every session. By default the key is the id alone.
	Prefix string
}

// A Store reads sessions through a driver. It may be used concurrently, as the
// driver may.
type Store struct {
	driver Driver
	prefix string
}

var _ session.Store = (*Store)(nil)

// New returns a store that reads with driver, which stays the caller's. It panics
// if driver is nil.
//
// The driver must be made as the website's own is. What a decorator writes is not
// always what is then in the cache, so sessions that were written past it may not
// be readable with it.
func New(driver Driver, opts *Options) *Store {
	if driver == nil {
		panic("driverstore: the driver is nil")
	}
	s := &Store{driver: driver}
	if opts != nil {
		s.prefix = opts.Prefix
	}
	return s
}

// Close does nothing.
func (s *Store) Close() error { return nil }

// Fetch implements [session.Store]. A driver that cannot fetch many is asked for
// several at a time. No driver can be told how much it may fetch, so a session
// that is too long is fetched all the same, and dropped.
func (s *Store) Fetch(ctx context.Context, ids []string, max int) []session.Record {
	if many, ok := s.driver.(clientstorage.ManyFetcher); ok && len(ids) > 1 {
		values, err := many.FetchMany(ctx, s.keys(ids))
		switch {
		case err == nil && len(values) == len(ids):
			records := make([]session.Record, len(ids))
			for i, value := range values {
				records[i] = record(value, nil, max)
			}
			return records
		case err == nil:
			return session.Fail(len(ids), fmt.Errorf("driverstore: the driver returned %d values for %d sessions", len(values), len(ids)))
		case !errors.Is(err, clientstorage.ErrCorrupt):
			return session.Fail(len(ids), failed(err))
		}
		// One of them is corrupt. Which, they say when they are asked for alone.
	}
	return s.fetchEach(ctx, ids, max)
}

// atOnce is how many sessions are fetched at a time, one by one.
const atOnce = 16

func (s *Store) fetchEach(ctx context.Context, ids []string, max int) []session.Record {
	records := make([]session.Record, len(ids))
	fetch := func(i int) {
		defer func() { // in a goroutine, a panic would end the process
			if v := recover(); v != nil {
				records[i].Err = fmt.Errorf("driverstore: the driver panicked with a %T", v)
			}
		}()
		value, err := s.driver.Fetch(ctx, s.prefix+ids[i])
		records[i] = record(value, err, max)
	}
	if len(ids) == 1 {
		fetch(0)
		return records
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(len(ids), atOnce) {
		wg.Go(func() {
			for i := range next {
				fetch(i)
			}
		})
	}
	for i := range ids {
		next <- i
	}
	close(next)
	wg.Wait()
	return records
}

func (s *Store) keys(ids []string) []string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = s.prefix + id
	}
	return keys
}

func record(value []byte, err error, max int) session.Record {
	switch {
	case errors.Is(err, clientstorage.ErrNotFound):
		return session.Record{Err: session.ErrNotFound}
	case errors.Is(err, clientstorage.ErrCorrupt):
		return session.Record{Err: fmt.Errorf("driverstore: %w: %w", session.ErrUnreadable, err)}
	case err != nil:
		return session.Record{Err: failed(err)}
	case len(value) == 0:
		return session.Record{Err: session.ErrNotFound} // nobody's session
	case len(value) > max:
		return session.Record{Err: fmt.Errorf("driverstore: %w: it has %d bytes, more than %d", session.ErrUnreadable, len(value), max)}
	}
	return session.Record{Data: value}
}

func failed(err error) error { return fmt.Errorf("driverstore: fetch: %w", err) }
