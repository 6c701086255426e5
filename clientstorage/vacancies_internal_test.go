package clientstorage

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The lowest number comes first, at any distance.
func TestVacancies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var v vacancies
	var want []uint32
	for range 20_000 {
		if len(want) > 0 && rng.IntN(2) == 0 {
			n, ok := v.take()
			if lowest := slices.Min(want); !ok || n != lowest {
				t.Fatalf("take: %d, %v; want %d", n, ok, lowest)
			}
			want = slices.DeleteFunc(want, func(m uint32) bool { return m == n })
			continue
		}
		n := rng.Uint32N(1 << (1 + rng.UintN(20)))
		if rng.IntN(100) == 0 {
			n = maxSlots - 1 - n
		}
		if !slices.Contains(want, n) {
			v.add(n)
			want = append(want, n)
		}
	}
	for range want {
		v.take()
	}
	if n, ok := v.take(); ok {
		t.Errorf("take of none: %d", n)
	}
}

// Clients that come after others have left fill the gaps from the beginning, so
// that pages stay full.
func TestLowestSlotFirst(t *testing.T) {
	table := newTable(7)
	var clients []*Client
	for range 100 {
		c := &Client{User: "alice"}
		insert(table, c)
		clients = append(clients, c)
	}
	for _, i := range []int{70, 3, 50, 20} {
		table.remove(clients[i].ID, nil)
	}
	for _, want := range []uint32{3, 20, 50, 70, 100} {
		c := &Client{User: "bob"}
		if insert(table, c); c.ID.slot != want {
			t.Errorf("a new client gets slot %d; want %d", c.ID.slot, want)
		}
	}
}
