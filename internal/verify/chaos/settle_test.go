package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bounds of the protocol, from when everything is well again. A node that
// lost something knows at its next heartbeat. A write of unknown outcome may
// arrive late, and is read back for two leases. A node that was killed is seen
// for a lease.
const (
	doubt = 2 * lease
	bound = lease + doubt + beat + timeout + slack
	// slack is for a machine that has more to do than it can.
	slack = 3 * time.Second
)

// settle waits until all processes answer what is true, and go on to.
func (r *round) settle(nodes []truth) error {
	brief := comparison{want: expect(nodes, questions{})}
	full := comparison{questions: r.questions(nodes)}
	full.want = expect(nodes, full.questions)
	stay := beat
	if r.number%8 == 0 {
		stay = doubt // until the nodes doubt nothing any more
	}
	healed := time.Now()
	var rightSince time.Time
	for ; ; time.Sleep(300 * time.Millisecond) {
		began := time.Now()
		comparison, last := brief, !rightSince.IsZero() && began.Sub(rightSince) >= stay
		if last {
			comparison = full
		}
		differences, err := r.compare(comparison)
		switch wrong := len(differences) > 0; {
		case err != nil:
			return err
		case wrong && began.Sub(healed) > bound:
			return fmt.Errorf("wrong %v after everything was well again:\n%s", began.Sub(healed), r.explain(differences))
		case wrong && !rightSince.IsZero():
			// The list of nodes may lose a node, which is back at its next heartbeat.
			r.note("was right, and is not: %v", differences[0])
			r.tally.add("relapses", 1)
			rightSince = time.Time{}
		case wrong: // not yet right
		case last:
			r.tally.settled(rightSince.Sub(healed), full.want, len(r.processes()))
			return nil
		case rightSince.IsZero():
			rightSince = began
		}
	}
}

// A comparison is what to ask, and what to be told.
type comparison struct {
	questions questions
	want      answers
}

// compare asks every process and returns what is not as wanted. A node that
// must not be seen any more is an error, however much time is left.
func (r *round) compare(c comparison) (all []difference, err error) {
	overdue := r.overdue()
	var mu sync.Mutex
	err = each(r.processes(), func(p *child) error {
		reply, err := p.do(request{Do: doAsk, Questions: c.questions})
		if err != nil {
			return err
		}
		for _, node := range overdue {
			for _, line := range slices.Concat(reply.Answers["All"], reply.Answers["Nodes"]) {
				if strings.HasPrefix(line, node) {
					return fmt.Errorf("%s still sees node %s: %s", p.name, node, line)
				}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, reply.Answers.differences(c.want, fmt.Sprintf("%s (node %s)", p.name, p.node))...)
		return nil
	})
	return all, err
}

// questions returns what to ask about nodes: everything, or some of it where
// there are thousands.
func (r *round) questions(nodes []truth) questions {
	const most = 300
	q := questions{Roles: roles}
	users := map[string]bool{}
	for _, n := range nodes {
		for _, c := range n.clients {
			if q.IDs = append(q.IDs, c.ID); !users[c.User] {
				q.Users = append(q.Users, c.User)
			}
			users[c.User] = true
		}
	}
	random := rand.New(rand.NewPCG(r.faults[0].seed, 3))
	random.Shuffle(len(q.IDs), func(i, j int) { q.IDs[i], q.IDs[j] = q.IDs[j], q.IDs[i] })
	random.Shuffle(len(q.Users), func(i, j int) { q.Users[i], q.Users[j] = q.Users[j], q.Users[i] })
	q.IDs = append(q.IDs[:min(len(q.IDs), most)], r.gone...)
	q.Users = append(q.Users[:min(len(q.Users), most)], "nobody", "user")
	return q
}
