package main

import (
	"context"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func init() { addRegistry(storageBaseline, openSyncMap) }

// A syncMap is what people write by hand: one map from a name to a session.
type syncMap struct {
	users    []string
	sessions sync.Map
}

type clientSession struct {
	user  string
	roles []string
	since time.Time
}

// sessionRoles are those of every client, here and in the other subjects.
var sessionRoles = []string{"ROLE_USER"}

func openSyncMap(_ context.Context, _ *backends, users []string) (registry, error) {
	return &syncMap{users: users}, nil
}

func (m *syncMap) attach(i int) error {
	user := m.users[i]
	m.sessions.Store(user, &clientSession{user, sessionRoles, time.Now()})
	return nil
}

func (m *syncMap) lookup(i int) (string, error) {
	s, ok := m.sessions.Load(m.users[i])
	if !ok {
		return "", clientstorage.ErrNotFound
	}
	return s.(*clientSession).user, nil
}

func (m *syncMap) detach(i int) error {
	m.sessions.Delete(m.users[i])
	return nil
}

func (m *syncMap) count() (int, error) {
	n := 0
	m.sessions.Range(func(_, _ any) bool { n++; return true })
	return n, nil
}

func (m *syncMap) close() error { return nil }
