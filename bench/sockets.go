package main

import (
	"context"
	"fmt"
	"time"
)

// warmUp is how many clients come and go before anything is measured, so that
// what the first ones bring about in the server is not counted.
const warmUp = 256

// measureSockets starts a server and takes clients through their life: they
// connect, are idle, some of them say something, all are gone at once; then they
// connect again and leave one after the other.
func (r *run) measureSockets(ctx context.Context, s subject) error {
	begin := time.Now()
	// When ctx ends the server is killed, which ends whatever a client waits for.
	srv, err := startServer(ctx, s.name)
	if err != nil {
		return err
	}
	defer srv.stop()
	m := &meter{ctx: ctx, server: srv, dialect: &s.dialect, clients: min(r.clients, warmUp), echoes: 1,
		asks: func(name string) bool { return name != askIdle && name != askLeft || canMeasureMemory }}
	if err := m.run(func(string, sample) {}); err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	asks := m.asks
	m.asks = func(name string) bool { return asks(name) && r.asks(name) }
	m.clients, m.echoes = min(r.clients, maxSockets()), r.echoes
	samples := make(map[string]sample) // by question
	if err := m.run(func(question string, v sample) { samples[question] = v }); err != nil {
		return err // and none of them counts
	}
	for question, v := range samples {
		r.record(question, s, v)
	}
	fmt.Fprintf(r.progress, "%.1f s: %s: %d sockets\n", time.Since(begin).Seconds(), s.name, m.clients)
	return nil
}

// A meter takes a number of clients through their life and reads what each part
// of it costs the server.
type meter struct {
	ctx     context.Context
	server  *server
	dialect *dialect
	clients int
	echoes  int // of each active client
	asks    func(question string) bool
	record  func(question string, v sample)
}

func (m *meter) run(record func(question string, v sample)) error {
	m.record = record
	n := m.clients
	f := newFleet(m.server.addr, m.dialect)
	defer func() { f.drop() }()

	none, err := m.holding()
	if err != nil {
		return err
	}
	if err := m.time(askConnect, n, n, func() error { return f.connect(m.ctx, n) }); err != nil {
		return err
	}
	if err := m.idle(f, none); err != nil {
		return err
	}
	if err := m.echo(f); err != nil {
		return err
	}
	if m.asks(askLeft) {
		if err := m.left(f, none); err != nil {
			return err
		}
	}
	if !m.asks(askLeave) {
		return nil
	}
	if m.asks(askLeft) { // nobody is there any more
		f = newFleet(m.server.addr, m.dialect)
		if err := f.connect(m.ctx, n); err != nil {
			return err
		}
		if err := m.server.waitCount(m.ctx, n); err != nil {
			return err
		}
	}
	return m.time(askLeave, n, 0, func() error { return f.leave(m.ctx) })
}

// A holding is what a server has while nothing happens. Parts that nobody asks for
// are 0.
type holding struct{ resident, goroutines int64 }

func (m *meter) holding() (u holding, err error) {
	if m.asks(askIdle) || m.asks(askLeft) {
		if u.resident, err = m.server.ask(askResident); err != nil {
			return u, err
		}
	}
	if m.asks(askGoroutines) {
		u.goroutines, err = m.server.ask(askGoroutineCount)
	}
	return u, err
}

// idle measures what the connections take, given what the server took without
// them. Each client has spoken once by then: a buffer that nothing was ever read
// into takes no memory yet, and would flatter the server.
func (m *meter) idle(f fleet, none holding) error {
	if !m.asks(askIdle) && !m.asks(askGoroutines) {
		return nil
	}
	if err := f.echo(m.ctx, m.clients, fleetWindow, 1); err != nil {
		return err
	}
	time.Sleep(settle)
	now, err := m.holding()
	if err != nil {
		return err
	}
	per := float64(m.clients)
	if m.asks(askIdle) {
		m.record(askIdle, sample{clients: m.clients, value: float64(now.resident-none.resident) / per})
	}
	if m.asks(askGoroutines) {
		m.record(askGoroutines, sample{clients: m.clients, value: float64(now.goroutines - none.goroutines)})
	}
	return nil
}

// echo measures texts that go to and fro, after one of each client that is not
// counted: what the clients were idle for is not what they are asked here.
func (m *meter) echo(f fleet) error {
	if !m.asks(askEcho) {
		return nil
	}
	active := min(m.clients, mostActive)
	if err := f.echo(m.ctx, active, active, 1); err != nil {
		return err
	}
	return m.time(askEcho, active*m.echoes, m.clients, func() error { return f.echo(m.ctx, active, active, m.echoes) })
}

// left measures what the server keeps of clients that are all gone at once, given
// what it took before it had any.
func (m *meter) left(f fleet, none holding) error {
	f.drop()
	if err := m.server.waitCount(m.ctx, 0); err != nil {
		return err
	}
	time.Sleep(settle)
	now, err := m.holding()
	if err != nil {
		return err
	}
	m.record(askLeft, sample{clients: m.clients, value: float64(now.resident-none.resident) / float64(m.clients)})
	return nil
}

// settle is how long a server may take for what it does after the last client
// has its answer.
const settle = 50 * time.Millisecond

// time measures f, which does a number of operations, until the server remembers
// as many clients as it should.
func (m *meter) time(question string, ops, after int, f func() error) error {
	cpu, err := m.server.ask(askCPU)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := f(); err != nil {
		return err
	}
	if err := m.server.waitCount(m.ctx, after); err != nil {
		return err
	}
	wall := time.Since(begin)
	time.Sleep(settle)
	now, err := m.server.ask(askCPU)
	if err != nil {
		return err
	}
	m.record(question, sample{
		clients: m.clients,
		value:   float64(now-cpu) / 1e3 / float64(ops),
		wall:    wall.Seconds() / float64(ops),
	})
	return nil
}
