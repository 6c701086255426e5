package main

import (
	"strings"
	"testing"
)

func TestGoals(t *testing.T) {
	q := question{name: "q", unit: unitBytes, details: []string{"more"}}
	answers := []answer{
		{question: q, subject: "a", clients: 1000, value: 10, details: []float64{50}},
		{question: q, subject: "b", clients: 1000, value: 8, details: []float64{0}},
		{question: q, subject: "c", clients: 1000, value: 12, details: []float64{0}},
		{question: question{name: "other"}, subject: "d", value: 1},
	}
	for want, g := range map[string]goal{
		"goal met: q: a has 10.0 bytes, the goal is at most 10.0":                              {limit: 10},
		"goal MISSED: q: a has 10.0 bytes, the goal is at most 9.90":                           {limit: 9.9},
		"goal met: q: a has 10.0 bytes, the goal is at least 10.0":                             {limit: 10, atLeast: true},
		"goal MISSED: q: a has 10.0 bytes, the goal is at least 11.0":                          {limit: 11, atLeast: true},
		"goal MISSED: q: a has 50.0 more, the goal is at most 49.0":                            {limit: 49, column: "more"},
		"goal MISSED: q: a has 10.0 bytes, the goal is at most 8.00, which is 1 x b":           {limit: 1, times: []string{"c", "b", "d"}},
		"goal met: q: a has 10.0 bytes, the goal is at most 24.0, which is 2 x c":              {limit: 2, times: []string{"c"}},
		"goal met: q: a has 10.0 bytes, the goal is at most 90.0, for more clients than these": {limit: 90, clients: 2002},
		"": {limit: 1, times: []string{"d"}},
	} {
		g.question, g.subject = "q", "a"
		if g.clients == 0 {
			g.clients = 2000
		}
		if got := g.note(answers); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

// A goal whose question or subject is spelled wrong would never be looked at.
func TestGoalNames(t *testing.T) {
	known := make(map[string]bool)
	for _, q := range questions {
		for _, s := range subjects {
			if s.isAsked(q) {
				known[q.name+" "+s.name] = true
			}
		}
	}
	for _, g := range append(clusterGoals, socketGoals...) {
		for _, subject := range append(g.times, g.subject) {
			if !known[g.question+" "+subject] && !(subject == bareLoop && !canMeasureMemory) {
				t.Errorf("no %s answers %s", subject, g.question)
			}
		}
	}
	var plain []string
	for _, s := range subjects {
		if s.sockets != nil && !s.dialect.tls && !strings.HasPrefix(s.name, "rollcall ") && s.name != bareLoop {
			plain = append(plain, s.name)
		}
	}
	if len(plain) != len(socketPeers) {
		t.Errorf("the peers are %q, but the goals refer to %q", plain, socketPeers)
	}
}
