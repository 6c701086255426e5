package redisstore

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestChanges(t *testing.T) {
	c := newChanges()
	take := func() string {
		ids := c.take()
		slices.Sort(ids)
		return fmt.Sprintf("%#v", ids)
	}
	woken := func() bool {
		select {
		case <-c.some:
			return true
		default:
			return false
		}
	}
	for _, step := range []struct {
		do    func()
		wakes bool
		want  string
	}{
		{func() {}, false, `[]string{}`},
		{func() { c.add("p:", []string{"p:b", "p:a", "p:b", "q:c", "p", "p:"}) }, true, `[]string{"", "a", "b"}`},
		{func() { c.add("p:", []string{"q:c"}) }, false, `[]string{}`},
		{func() { c.add("", []string{"x"}); c.add("p:", []string{"p:a"}) }, true, `[]string{"a", "x"}`},
		{c.everything, true, `[]string(nil)`},
		{func() { c.add("", []string{"x"}); c.everything(); c.add("", []string{"y"}) }, true, `[]string(nil)`},
		{func() { c.add("", []string{"y"}) }, true, `[]string{"y"}`},
	} {
		step.do()
		if woken() != step.wakes || woken() {
			t.Errorf("before %s: wrong about waking", step.want)
		}
		if got := take(); got != step.want {
			t.Errorf("%s, want %s", got, step.want)
		}
	}
}

// However many sessions change, and however long their ids are, what waits to be
// told is bounded, and becomes "anything".
func TestChangesBounded(t *testing.T) {
	for _, length := range []int{6, 26, 1000, 8 << 20} {
		c := newChanges()
		most, i := 0, 0
		for ; !c.all && i < 1e6; i++ {
			c.add("", []string{strings.Repeat("x", max(length-6, 0)) + fmt.Sprintf("%06d", i)})
			most = max(most, len(c.ids))
		}
		if !c.all || c.ids != nil || most*(length+perChange) > maxChanges {
			t.Errorf("ids of %d bytes: %d of them are kept", length, most)
		}
		if length == 26 && most < 40_000 {
			t.Errorf("it gives up after %d sessions", most)
		}
		c.add("", []string{"one more"})
		if c.ids != nil || c.take() != nil {
			t.Errorf("ids of %d bytes: not anything", length)
		}
	}
}

// The same few sessions may change for ever.
func TestChangesRepeated(t *testing.T) {
	c := newChanges()
	key := strings.Repeat("x", 1000)
	for range 100_000 {
		c.add("", []string{key, "other"})
	}
	if ids := c.take(); len(ids) != 2 {
		t.Errorf("%d ids", len(ids))
	}
}

// Nothing is lost between those who add and the one who takes.
func TestChangesConcurrent(t *testing.T) {
	const writers, each = 4, 5000
	c := newChanges()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				c.add("", []string{fmt.Sprint(w, "-", i)})
			}
		})
	}
	seen := make(map[string]bool)
	for len(seen) < writers*each {
		<-c.some
		for _, id := range c.take() {
			if seen[id] {
				t.Fatalf("%s is told twice", id)
			}
			seen[id] = true
		}
	}
	wg.Wait()
}
