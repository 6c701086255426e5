package chaos

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A tally counts what was done, over all clusters.
type tally struct {
	mu      sync.Mutex
	began   time.Time
	counts  map[string]int
	longest time.Duration // that a round took to settle
	total   time.Duration
	cpu     time.Duration // of the children that have ended
}

func newTally() *tally { return &tally{began: time.Now(), counts: map[string]int{"divergences": 0}} }

func (t *tally) add(what string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[what] += n
}

func (t *tally) count(what string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[what]
}

// settled notes that so many processes gave the answers that were wanted.
func (t *tally) settled(after time.Duration, want answers, processes int) {
	lines := 0
	for _, answer := range want {
		lines += len(answer)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts["questions compared"] += len(want) * processes
	t.counts["clients compared"] += len(want["All"]) * processes
	t.counts["lines compared"] += lines * processes
	t.longest = max(t.longest, after)
	t.total += after
}

// spent adds the CPU time of a process that has ended.
func (t *tally) spent(p *process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cpu += p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for name := range t.counts {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	fmt.Fprintf(&b, "after %v", time.Since(t.began).Round(time.Second))
	for _, name := range names {
		fmt.Fprintf(&b, "\n\t%-44s %8d", name, t.counts[name])
	}
	if rounds := t.counts["rounds"]; rounds > 0 {
		fmt.Fprintf(&b, "\n\tright again after %v on average and %v at most, of %v allowed",
			(t.total / time.Duration(rounds)).Round(time.Millisecond), t.longest.Round(time.Millisecond), bound)
	}
	fmt.Fprintf(&b, "\n\tCPU time of processes that ended: %v", t.cpu.Round(time.Millisecond))
	return b.String()
}
