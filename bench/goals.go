package main

import (
	"cmp"
	"fmt"
	"slices"
)

// A goal is what a subject should reach in the full form. Nothing fails if it is
// missed: what can be reached depends on the machine, and the table says what it
// was.
type goal struct {
	question, subject string
	column            string // a detail, or "" for the value
	atLeast           bool   // else at most
	limit             float64
	// times is the subject whose value the limit is multiplied with, if any. Of
	// several it is the one with the least.
	times []string
	// clients is the -n that the goal is for; 0 for fullForm.
	clients int
}

// goalNotes says of each goal whether it was met.
func goalNotes(answers []answer) (notes []string) {
	for _, g := range slices.Concat(clusterGoals, socketGoals) {
		if note := g.note(answers); note != "" {
			notes = append(notes, note)
		}
	}
	return notes
}

// note is "" if what the goal compares was not measured.
func (g goal) note(answers []answer) string {
	a, ok := answerOf(answers, g.question, g.subject)
	if !ok {
		return ""
	}
	limit, of := g.limit, ""
	if g.times != nil {
		other, ok := leastOf(answers, g.question, g.times)
		if !ok {
			return ""
		}
		limit, of = limit*other.value, fmt.Sprintf(", which is %g x %s", g.limit, other.subject)
	}
	got, unit := a.detail(g.column)
	met, relation := got <= limit, "at most"
	if g.atLeast {
		met, relation = got >= limit, "at least"
	}
	verdict := "MISSED"
	if met {
		verdict = "met"
	}
	if a.clients < cmp.Or(g.clients, fullForm)/2 {
		of += ", for more clients than these"
	}
	return fmt.Sprintf("goal %s: %s: %s has %s %s, the goal is %s %s%s",
		verdict, g.question, g.subject, number(got), unit, relation, number(limit), of)
}

func answerOf(answers []answer, question, subject string) (answer, bool) {
	return leastOf(answers, question, []string{subject})
}

// leastOf returns the answer with the least value of some subjects.
func leastOf(answers []answer, question string, subjects []string) (least answer, ok bool) {
	for _, a := range answers {
		if a.question.name == question && slices.Contains(subjects, a.subject) && (!ok || a.value < least.value) {
			least, ok = a, true
		}
	}
	return least, ok
}

// detail returns a number of the answer and its unit: the value for "".
func (a answer) detail(column string) (float64, string) {
	for i, name := range a.question.details {
		if name == column {
			return a.details[i], name
		}
	}
	return a.value, a.question.unit
}
