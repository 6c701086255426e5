package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// killApart is the time between two kills. It is no part of a heartbeat, so that
// each meets another moment between two of them.
const killApart = 270 * time.Millisecond

// kill kills processes and waits until a reader finds their clients no more.
func (m *clusterMeter) kill() (err error) {
	nodes := m.setup.kills
	red, c, stop, err := m.open(0, m.setup.clients, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	each := max(1, m.setup.clients/nodes)
	processes := make([]*nodeProcess, nodes)
	defer func() {
		for _, p := range processes {
			p.stop()
		}
	}()
	for i := range processes {
		if processes[i], err = startNode(m.ctx, m.subject.name, red.addr, i*each, each, m.setup.lease); err != nil {
			return err
		}
	}
	if err := expectCluster(c, nodes*each); err != nil {
		return err
	}
	gone, err := m.killEach(processes, c.(killWatcher))
	if err != nil {
		return err
	}
	if err := expectCluster(c, 0); err != nil {
		return err
	}
	slices.Sort(gone)
	m.record(askClusterKill, sample{
		clients: nodes * each, value: median(gone), details: []float64{gone[0], gone[len(gone)-1], float64(nodes)},
	})
	return nil
}

// A killWatcher can say whether a client that another process attached is gone:
// for who has its id, and for who asks after its user.
type killWatcher interface {
	gone(id clientstorage.ID, user string) (bool, error)
}

// killEach returns how long the clients of each killed process were still seen,
// in seconds.
func (m *clusterMeter) killEach(processes []*nodeProcess, watch killWatcher) ([]float64, error) {
	took := make([]float64, len(processes))
	errs := make([]error, len(processes))
	var wg sync.WaitGroup
	for i, p := range processes {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * killApart)
			if early, err := watch.gone(p.id, p.user); err != nil || early {
				errs[i] = errors.Join(err, fmt.Errorf("node %d is gone (%v) before it is killed", i, early))
				return
			}
			begin := time.Now()
			p.stop()
			errs[i] = eventually(func() error {
				gone, err := watch.gone(p.id, p.user)
				if err == nil && !gone {
					err = fmt.Errorf("node %d was killed and its clients are still there", i)
				}
				return errors.Join(err, m.ctx.Err())
			})
			took[i] = time.Since(begin).Seconds()
		})
	}
	wg.Wait()
	return took, errors.Join(errs...)
}
