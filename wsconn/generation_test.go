package wsconn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A late event finds nobody, although the slot is another's by now.
func TestLateEventFindsNobody(t *testing.T) {
	var tb table
	first, second := new(Conn), new(Conn)
	gen := tb.add(first, 0)
	slot := first.slot
	if tb.get(slot, gen) != first || tb.gen(first) != gen {
		t.Error("the first is not found")
	}
	tb.remove(first)
	if tb.get(slot, gen) != nil {
		t.Error("the first is found after it was removed")
	}
	next := tb.add(second, 0)
	if second.slot != slot || next == gen {
		t.Fatalf("the second has slot %d, generation %d, want the first's slot %d, and not its generation %d", second.slot, next, slot, gen)
	}
	if c := tb.get(slot, gen); c != nil {
		t.Error("an event of the first finds the second")
	}
	tb.remove(first) // once more, and late
	tb.wake(first, 7)
	if tb.get(slot, next) != second || tb.count != 1 {
		t.Error("what is said of the first happens to the second")
	}
	if conns, _ := tb.due(nil, 0, 1000); len(conns) != 0 {
		t.Error("a deadline of the first finds the second")
	}
	for _, slot := range []uint32{1, pageSlots, 1 << 31, 1<<32 - 1} { // the last is a listener's
		if tb.get(slot, 0) != nil {
			t.Errorf("slot %d has somebody", slot)
		}
	}
}

// A name is what an event carries.
type name struct{ slot, gen uint32 }

// A tableModel is a table without slots that are used again.
type tableModel struct {
	t     *testing.T
	table table
	rng   *rand.Rand
	named map[name]*Conn
	names map[*Conn]name
	due   map[*Conn]uint32 // those with a deadline
	there []*Conn
	gone  []name
}

// Whatever happens to a table, it is what a map would be.
func TestTableModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, most := range []int{3, 300, 1000} { // connections at a time
		m := &tableModel{
			t: t, rng: rand.New(rand.NewPCG(seed, uint64(most))),
			named: make(map[name]*Conn), names: make(map[*Conn]name), due: make(map[*Conn]uint32),
		}
		for range 30_000 {
			m.step(most)
		}
		if int(m.table.used) > most {
			t.Errorf("%d slots were used for %d connections", m.table.used, most)
		}
		if t.Failed() {
			return
		}
	}
}

func (m *tableModel) step(most int) {
	at := uint32(1 + m.rng.IntN(1000))
	switch n := m.rng.IntN(10); {
	case n < 3 && len(m.there) < most:
		c := new(Conn)
		due := at * uint32(m.rng.IntN(2))
		k := name{0, m.table.add(c, due)}
		k.slot = c.slot
		if m.named[k] != nil || slices.Contains(m.gone, k) {
			m.t.Errorf("%v is somebody else's name", k)
		}
		m.named[k], m.names[c], m.there = c, k, append(m.there, c)
		if due != 0 {
			m.due[c] = due
		}
	case n < 5 && len(m.there) > 0:
		i := m.rng.IntN(len(m.there))
		c := m.there[i]
		m.table.remove(c)
		m.there = slices.Delete(m.there, i, i+1)
		m.gone = append(m.gone, m.names[c])
		delete(m.named, m.names[c])
		delete(m.due, c)
	case n < 7 && len(m.there) > 0:
		c := m.there[m.rng.IntN(len(m.there))]
		m.table.wake(c, at)
		if old, some := m.due[c]; !some || at < old {
			m.due[c] = at
		}
	case n < 8:
		m.look(at / 10)
	default:
		m.ask()
	}
	if m.table.count != len(m.there) {
		m.t.Errorf("the table counts %d, want %d", m.table.count, len(m.there))
	}
}

// look compares who is due.
func (m *tableModel) look(at uint32) {
	got := make(map[*Conn]bool)
	for page, some := 0, true; some; page++ {
		var conns []*Conn
		conns, some = m.table.due(nil, page, at)
		for _, c := range conns {
			got[c] = true
		}
	}
	for c, due := range m.due {
		if want := due <= at; want != got[c] {
			m.t.Errorf("at %d one who is due at %d is found: %v", at, due, got[c])
		}
		if due <= at {
			delete(m.due, c)
		}
		delete(got, c)
	}
	if len(got) > 0 {
		m.t.Errorf("%d are due who are not", len(got))
	}
}

// ask compares who has a name.
func (m *tableModel) ask() {
	if len(m.gone) > 0 {
		if k := m.gone[m.rng.IntN(len(m.gone))]; m.table.get(k.slot, k.gen) != nil {
			m.t.Errorf("%v is gone, and found", k)
		}
	}
	if len(m.there) > 0 {
		c := m.there[m.rng.IntN(len(m.there))]
		if k := m.names[c]; m.table.get(k.slot, k.gen) != c || m.table.gen(c) != k.gen {
			m.t.Errorf("%v is not found", k)
		}
	}
	if all := m.table.all(nil); len(all) != len(m.there) {
		m.t.Errorf("%d are there, want %d", len(all), len(m.there))
	}
}

// Who looks for a client finds its connection or nobody, while slots go from one to
// another.
func TestIndexModel(t *testing.T) {
	storage, err := clientstorage.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var x index
	var shared atomic.Pointer[[]clientstorage.ID] // of some who are there, and some who are gone
	done := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 4 {
		readers.Go(func() { find(t, &x, &shared, rand.New(rand.NewPCG(seed, uint64(1+i))), done) })
	}
	there := make(map[clientstorage.ID]*Conn)
	var ids []clientstorage.ID
	var late []func() // connections that have yet to leave
	for round := range 20_000 {
		if len(late) > 0 && rng.IntN(3) == 0 {
			late[0]()
			late = late[1:]
		}
		if rng.IntN(2) == 0 && len(there) < 1200 { // of which a page has 512
			client, err := storage.Attach(t.Context(), clientstorage.Client{User: fmt.Sprint(round)})
			if err != nil {
				t.Fatal(err)
			}
			c := new(Conn)
			c.client.Store(client)
			x.put(client.ID, c)
			there[client.ID] = c
			ids = append(ids, client.ID)
		} else if len(ids) > 0 {
			id := ids[rng.IntN(len(ids))]
			if c := there[id]; c != nil {
				if rng.IntN(2) == 0 { // the slot may be another's before the connection has left
					storage.Detach(t.Context(), id, nil)
					late = append(late, func() { x.remove(id, c) })
				} else {
					x.remove(id, c)
					storage.Detach(t.Context(), id, nil)
				}
				delete(there, id)
			}
		}
		if round%100 == 0 {
			some := slices.Clone(ids)
			shared.Store(&some)
		}
	}
	for _, id := range ids {
		if c := x.get(id); there[id] != nil && c != there[id] {
			t.Errorf("%v is there and found: %v", id, c != nil)
		}
	}
	close(done)
	readers.Wait()
	if x.get(clientstorage.ID{}) != nil {
		t.Error("the zero id finds somebody")
	}
}

// find looks for clients until it is done.
func find(t *testing.T, x *index, shared *atomic.Pointer[[]clientstorage.ID], rng *rand.Rand, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		ids := shared.Load()
		if ids == nil || len(*ids) == 0 {
			continue
		}
		id := (*ids)[rng.IntN(len(*ids))]
		if c := x.get(id); c != nil && c.ID() != id {
			t.Errorf("%v finds %v", id, c.ID())
			return
		}
	}
}
