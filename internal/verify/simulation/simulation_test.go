package simulation

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"
)

// The seed of TestHistories in its short form is always 1, so that it finds what
// it found before; the long form goes where nobody was.
func TestHistories(t *testing.T) {
	if text := os.Getenv("ROLLCALL_VERIFY_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		history(t, seed, true)
		return
	}
	first, budget := uint64(1), 15*time.Second
	if os.Getenv("ROLLCALL_VERIFY") == "long" {
		first, budget = uint64(time.Now().UnixNano()), 5*time.Minute
	}
	began, seed := time.Now(), first
	for ; time.Since(began) < budget && !t.Failed(); seed++ {
		history(t, seed, false)
	}
	t.Logf("%d histories, seeds %d to %d, %.1f a second", seed-first, first, seed-1, float64(seed-first)/time.Since(began).Seconds())
}

// history lets the history of one seed happen.
func history(t *testing.T, seed uint64, verbose bool) {
	t.Helper()
	t.Run(fmt.Sprint(seed), func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, seed) // the nodes' ids
		synctest.Test(t, func(t *testing.T) {
			failure, journal := Run(seed, verbose)
			switch {
			case failure != "":
				t.Errorf("seed %d, %+v\n%s\n%s\nROLLCALL_VERIFY_SEED=%d shows all of it", seed, newPlan(seed), journal, failure, seed)
			case verbose:
				t.Log(journal)
			}
		})
	})
}
