package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A kind is a way to break something.
type kind struct {
	name            string
	atLeast, atMost time.Duration // how long it lasts
	inflict         func(*round, fault) error
	ofTheServer     bool
}

// kinds are all there are. What stops a process for less than two thirds of a
// lease leaves its lease alone; the longer stops do not.
var kinds = []kind{
	{"kill -9 a node", 0, lease, (*round).killNode, false},
	{"stop a node within its lease", 500 * time.Millisecond, lease * 2 / 3, (*round).stopNode, false},
	{"stop a node past its lease", lease, 5 * time.Second, (*round).stopNode, false},
	{"close a node", 0, lease, (*round).closeNode, false},
	bursts,
	{"FLUSHALL", 500 * time.Millisecond, 3 * time.Second, (*round).flush, true},
	{"restart redis empty", 0, 2 * time.Second, (*round).restartServer, true},
	{"stop redis", timeout, 4 * time.Second, (*round).stopServer, true},
	{"CLIENT KILL", 500 * time.Millisecond, 2 * time.Second, (*round).killConnections, true},
	{"CLIENT PAUSE ALL", 500 * time.Millisecond, 3 * time.Second, (*round).pauseAll, true},
	{"CLIENT PAUSE WRITE", 500 * time.Millisecond, 3 * time.Second, (*round).pauseWrites, true},
}

var bursts = kind{"burst", 0, 0, (*round).burst, false}

// A fault is a kind with everything drawn that it leaves open.
type fault struct {
	kind  kind
	seat  int           // of the node that it befalls
	after time.Duration // since the round began
	lasts time.Duration
	seed  uint64 // for what it draws itself
}

func (f fault) String() string {
	text := fmt.Sprintf("%s, after %v for %v", f.kind.name, f.after.Round(time.Millisecond), f.lasts.Round(time.Millisecond))
	if !f.kind.ofTheServer {
		text += fmt.Sprintf(", node %d", f.seat)
	}
	return text
}

// plan draws the faults of a round from the seed and the number of the round
// alone. The first fault goes through all kinds in turn, so no kind is missing
// from as many rounds as there are kinds.
func plan(seed uint64, number int) []fault {
	random := rand.New(rand.NewPCG(seed, uint64(number)))
	faults := []fault{draw(random, kinds[(number+int(seed%1000))%len(kinds)])}
	for range random.IntN(3) {
		faults = append(faults, draw(random, kinds[random.IntN(len(kinds))]))
	}
	return faults
}

func draw(random *rand.Rand, k kind) fault {
	return fault{
		kind:  k,
		seat:  random.IntN(seats),
		after: time.Duration(random.Int64N(int64(1500 * time.Millisecond))),
		lasts: k.atLeast + time.Duration(random.Int64N(int64(k.atMost-k.atLeast+1))),
		seed:  random.Uint64(),
	}
}
