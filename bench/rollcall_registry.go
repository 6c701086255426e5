package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/eko/gocache/lib/v4/store"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// A rollcallRegistry is a storage of one node, in memory.
type rollcallRegistry struct {
	ctx     context.Context
	storage *clientstorage.Storage
	users   []string
	ids     []clientstorage.ID
}

func (r *rollcallRegistry) attach(i int) error {
	c, err := r.storage.Attach(r.ctx, clientstorage.Client{User: r.users[i], Roles: sessionRoles})
	if err != nil {
		return err
	}
	r.ids[i] = c.ID
	return nil
}

func (r *rollcallRegistry) lookup(i int) (string, error) { return userOf(r.ctx, r.storage, r.ids[i]) }

func (r *rollcallRegistry) detach(i int) error { return r.storage.Detach(r.ctx, r.ids[i], nil) }

func (r *rollcallRegistry) count() (int, error) { return r.storage.Local().Count().Clients, nil }

func (r *rollcallRegistry) close() error { return nil }

func userOf(ctx context.Context, s *clientstorage.Storage, id clientstorage.ID) (string, error) {
	c, err := s.Lookup(ctx, id)
	if err != nil {
		return "", err
	}
	return c.User, nil
}

// A rollcallShared is a storage over a cache, beside another node that sees its
// clients there.
type rollcallShared struct {
	rollcallRegistry
	other      *clientstorage.Storage
	log        *failures
	closeCache func()
}

// openShared makes a rollcallShared. It calls closeCache when it is closed.
func openShared(ctx context.Context, cache store.StoreInterface, users []string, closeCache func()) (registry, error) {
	driver, err := decorator.New(ctx, cache)
	if err != nil {
		closeCache()
		return nil, err
	}
	r := &rollcallShared{
		rollcallRegistry: rollcallRegistry{ctx: ctx, users: users, ids: make([]clientstorage.ID, len(users))},
		log:              &failures{},
		closeCache:       closeCache,
	}
	opts := &clientstorage.Options{Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if r.storage, err = clientstorage.New(driver, opts); err != nil {
		closeCache()
		return nil, err
	}
	if r.other, err = clientstorage.New(driver, opts); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *rollcallShared) lookupForeign(i int) (string, error) {
	return userOf(r.ctx, r.other, r.ids[i])
}

func (r *rollcallShared) close() error {
	defer r.closeCache()
	errs := []error{r.storage.Close(r.ctx)}
	if r.other != nil {
		errs = append(errs, r.other.Close(r.ctx))
	}
	return errors.Join(append(errs, r.log.err())...)
}

// failures collects what a storage warns of. Attach succeeds although the cache
// fails, which here would measure a cache that was not written.
type failures struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (f *failures) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.Write(p)
}

func (f *failures) lines() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.FieldsFunc(f.text.String(), func(r rune) bool { return r == '\n' })
}

func (f *failures) err() error {
	if lines := f.lines(); len(lines) > 0 {
		return fmt.Errorf("the storage warned: %s", strings.Join(lines, "\n"))
	}
	return nil
}
