package conformance_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/conformance"
)

// The suite has 517 cases, so many in each category.
func TestCasesAreThoseOfTheSuite(t *testing.T) {
	t.Parallel()
	want := map[string]int{"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1, "12": 90, "13": 126}
	got := map[string]int{}
	cases := conformance.Cases()
	for _, c := range cases {
		category, _, _ := strings.Cut(c.ID, ".")
		got[category]++
	}
	if !maps.Equal(got, want) || len(cases) != 517 {
		t.Errorf("%d cases: %v, want 517: %v", len(cases), got, want)
	}
	ids := map[string]bool{}
	for _, c := range append(cases, conformance.Rules()...) {
		if ids[c.ID] || c.About == "" {
			t.Errorf("case %s is there twice or has no description", c.ID)
		}
		ids[c.ID] = true
	}
	for _, id := range []string{"1.1.1", "2.11", "6.2.4", "6.22.34", "7.7.13", "7.9.9", "7.13.2", "9.3.9", "12.5.18", "13.7.18"} {
		if !ids[id] {
			t.Errorf("there is no case %s", id)
		}
	}
}
