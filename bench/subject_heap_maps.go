package main

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

func init() {
	addHeap(heapBaseline, false, func(_ context.Context, spec clusterSpec) (cluster, error) {
		return &mapsByHand{crowd: spec.crowd, clients: make(map[string]*clientSession), users: make(map[string]map[string]*clientSession), ids: make([]string, spec.crowd)}, nil
	})
}

// A mapsByHand is what application code has in memory: its clients by id, and
// those of each user.
type mapsByHand struct {
	crowd crowd

	mu      sync.RWMutex
	clients map[string]*clientSession
	users   map[string]map[string]*clientSession
	ids     []string // what a server keeps with its connections
}

func (m *mapsByHand) attach(i int) error {
	id := rand.Text()
	s := &clientSession{m.crowd.user(i), clusterRoles, time.Now()}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids[i] = id
	m.clients[id] = s
	own := m.users[s.user]
	if own == nil {
		own = make(map[string]*clientSession)
		m.users[s.user] = own
	}
	own[id] = s
	return nil
}

func (m *mapsByHand) detach(i int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := m.ids[i]
	user := m.clients[id].user
	delete(m.clients, id)
	if delete(m.users[user], id); len(m.users[user]) == 0 {
		delete(m.users, user)
	}
	return nil
}

func (m *mapsByHand) count() (int, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.clients), nil
}

func (m *mapsByHand) close() error { return nil }
