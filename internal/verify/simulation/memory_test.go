package simulation

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// While the cache is down, what a node keeps for it follows from the clients
// that there are, and not from those that came and went.
func TestMemoryWhileDown(t *testing.T) {
	const atOnce, came = 300, 100_000
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(plan{lease: 6 * time.Second, many: manyAll}, false)
		go w.queue.run()
		n := w.start(false)
		n.wire.set(func(v *wire) { v.cut = true })
		w.comeAndGo(t, n, atOnce, atOnce)
		early := heapInUse()
		w.comeAndGo(t, n, atOnce, came)
		// Two bytes for each of those who came are more than noise, and less than
		// anything that is remembered of them.
		if late := heapInUse(); late > early+2*came {
			t.Errorf("the heap grew from %d to %d bytes while %d clients came and went", early, late, came)
		}

		before := w.written()
		n.wire.set(func(v *wire) { v.cut = false })
		time.Sleep(2 * w.plan.lease)
		// All pages and lists there can be of so many clients, written for the mark
		// and once more for what the failures before leave in doubt.
		if most, n := 2*(atOnce/16+1+64), w.written()-before; n == 0 || n > most {
			t.Errorf("when the cache was back, it was given %d pages and lists; want some, and no more than %d", n, most)
		}
		n.close()
		w.wait()
		w.queue.stop()
	})
}

// comeAndGo attaches clients of ever new users, never more than atOnce, and
// leaves those of the last.
func (w *world) comeAndGo(t *testing.T, n *node, atOnce, came int) {
	ids := make([]clientstorage.ID, atOnce)
	for i := range came {
		if i%500 == 0 {
			time.Sleep(time.Second)
		}
		id := &ids[i%atOnce]
		n.storage.Detach(context.Background(), *id, nil) // the first are not there
		c, err := n.storage.Attach(context.Background(), clientstorage.Client{User: fmt.Sprintf("user-%d-%d", came, i)})
		if err != nil {
			t.Fatal(err)
		}
		*id = c.ID
	}
	for _, id := range ids[:atOnce/2] {
		n.storage.Detach(context.Background(), id, nil)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers held on to
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
