package model

import (
	"os"
	"testing"
)

// long tells whether there are minutes to spend rather than seconds.
func long() bool { return os.Getenv("ROLLCALL_VERIFY") == "long" }

// The limits lie above all worlds that must be seen to the end.
const (
	limit        = 1_000_000
	bigLimit     = 10_000_000
	endlessLimit = 10_000_000
)

func TestProtocol(t *testing.T) {
	explore := func(p place, most int, whole bool) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			m := &model{protocol(), p.world}
			found := m.explore(most)
			t.Log(found)
			if found.broken != "" {
				t.Fatalf("%s\n%s", found.broken, m.trace(found.trace))
			}
			if found.quiet == 0 || whole && !found.whole {
				t.Errorf("too little was seen of this world")
			}
		})
	}
	for _, p := range places {
		explore(p, limit, true)
	}
	if !long() {
		return
	}
	for _, p := range bigPlaces {
		explore(p, bigLimit, true)
	}
	for _, p := range endless {
		explore(p, endlessLimit, false)
	}
}

func TestWalks(t *testing.T) {
	t.Parallel()
	walks := uint64(1_000)
	if long() {
		walks = 400_000
	}
	m := &model{protocol(), wide()}
	steps, longest := 0, 0
	for seed := range walks {
		found := m.walk(seed, int(seed%500))
		if found.broken != "" {
			t.Fatalf("seed %d: %s\n%s", seed, found.broken, m.trace(found.trace))
		}
		steps += found.states
		longest = max(longest, found.states)
	}
	t.Logf("seeds 0 to %d: %d states, at most %d on one way", walks-1, steps, longest)
}

// TestTrace fixes what a trace looks like.
func TestTrace(t *testing.T) {
	m := &model{protocol(), one()}
	got := m.trace([]action{{attach, 0, 0}, {write, 0, pageKey}, {deliver, 0, 0}, {kind: beatBegin}})
	want := `   1  node 0: attaches a client of user 0 in slot 0
   2  node 0: sends p:0:0 = 0x2
   3  write of p:0:0 = 0x2 arrived
   4  node 0: begins a heartbeat
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
