package main

import (
	"context"
	"testing"
)

// A subject that does not do what it should must fail, not be measured.
func TestPremises(t *testing.T) {
	users := userNames(10)
	broken := map[string]registry{
		"loses clients":  &brokenRegistry{syncMap: syncMap{users: users}, lose: true},
		"mixes them up":  &brokenRegistry{syncMap: syncMap{users: users}, mix: true},
		"forgets nobody": &brokenRegistry{syncMap: syncMap{users: users}, keep: true},
	}
	for what, reg := range broken {
		r := small("^storage/")
		s := subject{name: what, open: func(context.Context, *backends, []string) (registry, error) { return reg, nil }}
		r.clients = len(users)
		r.samples = make(map[answerKey][]sample)
		r.rng = newRand(1)
		if err := r.measureStorage(t.Context(), s); err == nil {
			t.Errorf("a registry that %s was measured", what)
		}
	}
}

// A brokenRegistry has one fault.
type brokenRegistry struct {
	syncMap
	lose, mix, keep bool
}

func (b *brokenRegistry) attach(i int) error {
	if b.lose && i == 7 {
		return nil
	}
	return b.syncMap.attach(i)
}

func (b *brokenRegistry) lookup(i int) (string, error) {
	if b.mix {
		i = (i + 1) % len(b.users)
	}
	return b.syncMap.lookup(i)
}

func (b *brokenRegistry) detach(i int) error {
	if b.keep && i == 7 {
		return nil
	}
	return b.syncMap.detach(i)
}
