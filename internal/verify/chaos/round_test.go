package chaos

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// A round is one time that a cluster is broken and has to heal.
type round struct {
	*cluster
	number int
	faults []fault
	began  time.Time

	mu  sync.Mutex
	log []string // what happened when
}

// round breaks the cluster and returns what did not heal. In a large cluster
// there is always a burst as well.
func (c *cluster) round(number int, faults []fault) error {
	if c.large {
		faults = append(faults, fault{kind: bursts, after: 500 * time.Millisecond})
	}
	r := &round{cluster: c, number: number, faults: faults, began: time.Now()}
	if err := r.run(); err != nil {
		return fmt.Errorf("%s, round %d, %v\n%w", c.name, number, r, err)
	}
	return nil
}

func (r *round) run() error {
	if err := r.inflict(); err != nil {
		return err
	}
	if err := r.rest(); err != nil {
		return err
	}
	truth, err := r.truth()
	if err != nil {
		return err
	}
	if err := r.settle(truth); err != nil {
		return err
	}
	r.tally.add("rounds", 1)
	if err := r.noteLevels(); err != nil {
		return err
	}
	return r.resume()
}

// inflict runs all faults, each at its time, and returns when all are over.
func (r *round) inflict() error {
	errs := make(chan error, len(r.faults))
	for _, f := range r.faults {
		go func() {
			time.Sleep(f.after)
			r.note("begins: %v", f)
			err := f.kind.inflict(r, f)
			r.note("is over: %v", f)
			r.tally.add(f.kind.name, 1)
			errs <- err
		}()
	}
	var first error
	for range r.faults {
		if err := <-errs; first == nil {
			first = err
		}
	}
	return first
}

// rest stops the churn of all nodes.
func (r *round) rest() error {
	return each(r.nodes(), func(p *child) error {
		answer, err := p.do(request{Do: doRest})
		r.remember(answer.Gone)
		return err
	})
}

// resume lets all nodes churn again.
func (r *round) resume() error {
	for i := range r.seats {
		if err := r.churn(i); err != nil {
			return err
		}
	}
	return nil
}

// truth asks the nodes what they hold. A process that has attached nothing yet is
// no node.
func (r *round) truth() (all []truth, err error) {
	for _, p := range r.nodes() {
		answer, err := p.do(request{Do: doTruth})
		if err != nil {
			return nil, err
		}
		if answer.Attached == 0 {
			continue
		}
		all = append(all, truth{p.node, p.name, answer.Clients})
		r.know(p.node, answer.Clients)
	}
	return all, nil
}

// noteLevels counts how many lists the node has whose number is to change.
func (r *round) noteLevels() error {
	if !r.large {
		return nil
	}
	keys, err := r.cache.keys("u:" + r.nodes()[0].node)
	seen := map[string]bool{}
	for _, key := range keys {
		level := strings.Split(strings.TrimPrefix(key, prefix), ":")[2]
		seen["rounds that ended with lists of level "+level] = true
	}
	for what := range seen {
		r.tally.add(what, 1)
	}
	return err
}

func (r *round) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := time.Since(r.began)
	r.log = append(r.log, fmt.Sprintf("%6.3f s  ", at.Seconds())+fmt.Sprintf(format, args...))
}

// String tells what happened in the round.
func (r *round) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("began %s\n\t%s", r.began.Format("15:04:05.000"), strings.Join(r.log, "\n\t"))
}
