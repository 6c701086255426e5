package chaos

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9/logging"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(runChild(text))
	}
	logging.Disable() // go-redis logs what it also returns
	leakcheck.Main(m)
}

func TestChaos(t *testing.T) {
	if !possible {
		testserver.Missing(t, "only on Linux can processes be stopped, and be killed with their parent")
	}
	program := testserver.Lookup(t, "redis-server", "redis-server")
	s := chosen(t)
	t.Logf("%d rounds in %d clusters; ROLLCALL_VERIFY_SEED=%d repeats the faults", s.rounds, s.clusters, s.seed)
	tally := newTally()
	stop := report(t, tally)
	defer stop()

	var next atomic.Int64 // the round that a cluster that is ready takes
	var wg sync.WaitGroup
	for i := range s.clusters {
		dir := t.TempDir()
		wg.Go(func() {
			if err := live(i, program, dir, s, &next, tally); err != nil {
				tally.add("divergences", 1)
				t.Errorf("%v\nROLLCALL_VERIFY_SEED=%d", err, s.seed)
			}
		})
	}
	wg.Wait()
	t.Logf("seed %d, %v", s.seed, tally)
	for _, k := range kinds {
		if !t.Failed() && tally.count(k.name) == 0 {
			t.Errorf("no round had: %s", k.name)
		}
	}
}

// live is the life of a cluster: as many rounds as are left for it.
func live(number int, program, dir string, s scale, next *atomic.Int64, tally *tally) error {
	cache, err := startCache(program, dir)
	if err != nil {
		return err
	}
	defer cache.close()
	c, err := startCluster(number, rand.New(rand.NewPCG(s.seed, uint64(1e9+number))), cache, tally)
	defer c.kill()
	if err != nil {
		return err
	}
	for {
		n := int(next.Add(1)) - 1
		if n >= s.rounds {
			return c.finish()
		}
		if err := c.round(n, plan(s.seed, n)); err != nil {
			return err
		}
	}
}

// A scale says how much is to be done.
type scale struct {
	rounds, clusters int
	seed             uint64
}

// chosen is the short form, if the environment does not say otherwise.
func chosen(t *testing.T) scale {
	s := scale{rounds: 2 * len(kinds), clusters: 8, seed: rand.Uint64N(1e9)}
	if os.Getenv("ROLLCALL_VERIFY") == "long" {
		s.rounds, s.clusters = 1000, 20
	}
	if text := os.Getenv("ROLLCALL_VERIFY_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("ROLLCALL_VERIFY_ROUNDS=%s is no number of rounds", text)
		}
		s.rounds, s.clusters = n, min(20, n)
	}
	if text := os.Getenv("ROLLCALL_VERIFY_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("ROLLCALL_VERIFY_SEED=%s is no seed", text)
		}
		s.seed = seed
	}
	return s
}

// report logs the tally now and then, until it is stopped.
func report(t *testing.T, tally *tally) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticker := time.NewTicker(30 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				t.Log(tally)
			case <-done:
				return
			}
		}
	})
	return func() { close(done); wg.Wait() }
}
