package main

import (
	"context"
	"time"
)

// warmUp is how many clients come and go before anything is measured, so that
// what the first ones bring about in the server is not counted.
const warmUp = 64

// measureSockets starts a server, connects the clients, leaves them idle, has
// them say something, and disconnects them.
func (r *run) measureSockets(ctx context.Context, s subject) error {
	// When ctx ends the server is killed, which ends whatever a client waits for.
	srv, err := startServer(ctx, s.name)
	if err != nil {
		return err
	}
	defer srv.stop()
	warm := &meter{ctx: ctx, server: srv, clients: warmUp, echoes: 1, record: func(string, sample) {}}
	if err := warm.run(); err != nil {
		return err
	}
	m := &meter{
		ctx: ctx, server: srv, clients: min(r.clients, maxSockets()), memory: canMeasureMemory && r.asks(askIdle),
		record: func(question string, v sample) { r.record(question, s, v) },
	}
	if r.asks(askEcho) {
		m.echoes = r.echoes
	}
	return m.run()
}

// A meter takes a number of clients through their life and reads what each part
// of it costs the server.
type meter struct {
	ctx     context.Context
	server  *server
	clients int
	echoes  int  // of each client
	memory  bool // look at the memory of the idle
	record  func(question string, v sample)
}

func (m *meter) run() error {
	n := m.clients
	f := &fleet{addr: m.server.addr}
	defer f.drop()

	var empty int64
	var err error
	if m.memory {
		if empty, err = m.server.ask(askResident); err != nil {
			return err
		}
	}
	if err := m.time(askConnect, n, n, func() error { return f.connect(m.ctx, n) }); err != nil {
		return err
	}
	if m.memory {
		if err := m.measureIdle(f, empty); err != nil {
			return err
		}
	}
	if m.echoes > 0 {
		if err := m.time(askEcho, n*m.echoes, n, func() error { return f.echo(m.echoes) }); err != nil {
			return err
		}
	}
	return m.time(askLeave, n, 0, f.leave)
}

// measureIdle measures what the connections take, given what the server took
// without them. Each client has spoken once by then: a buffer that nothing was
// ever read into takes no memory yet, and would flatter the server.
func (m *meter) measureIdle(f *fleet, empty int64) error {
	if err := f.echo(1); err != nil {
		return err
	}
	idle, err := m.server.ask(askResident)
	if err != nil {
		return err
	}
	m.record(askIdle, sample{clients: m.clients, value: float64(idle-empty) / float64(m.clients)})
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
