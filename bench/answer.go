package main

import (
	"cmp"
	"math"
	"slices"
)

// An answer is what the rounds say together about one subject and one question.
type answer struct {
	question         question
	subject          string
	clients, rounds  int
	value, low, high float64 // median and range, in the unit of the question
	allocs           float64 // median per operation; only storage has it
	wall             float64 // median, seconds per operation; 0 if time says nothing
	ratio, rate      float64 // to the baseline: of value, and of speed; NaN if there is none
	baseline         bool
	details          []float64 // medians, in the units of the question's
}

// answers sums up the samples: by question, the baseline first and then the
// best.
func (r *run) answers() []answer {
	var all []answer
	for _, q := range r.questions {
		base, hasBase := r.sumUp(answerKey{q.name, q.baseline})
		if !hasBase && q.against != "" {
			base, _ = r.sumUp(answerKey{q.against, q.baseline})
		}
		begin := len(all)
		for _, s := range subjects {
			if !s.isAsked(q) {
				continue // another subject may have the same name
			}
			a, ok := r.sumUp(answerKey{q.name, s.name})
			if !ok {
				continue
			}
			a.question, a.subject, a.baseline = q, s.name, s.name == q.baseline
			a.ratio, a.rate = quotient(a.value, base.value), quotient(base.wall, a.wall)
			all = append(all, a)
		}
		slices.SortStableFunc(all[begin:], func(a, b answer) int {
			switch {
			case a.baseline:
				return -1
			case b.baseline:
				return 1
			}
			if a.question.more {
				a, b = b, a
			}
			return cmp.Compare(a.value, b.value)
		})
	}
	return all
}

// quotient is NaN if one of the two is not known.
func quotient(a, b float64) float64 {
	if a == 0 || b == 0 {
		return math.NaN()
	}
	return a / b
}

// sumUp takes the medians of one subject's samples. It reports false if there
// are none.
func (r *run) sumUp(key answerKey) (answer, bool) {
	samples := r.samples[key]
	if len(samples) == 0 {
		return answer{}, false
	}
	values := column(samples, func(s sample) float64 { return s.value })
	details := make([]float64, len(samples[0].details))
	for i := range details {
		details[i] = median(column(samples, func(s sample) float64 { return s.details[i] }))
	}
	return answer{
		details: details,
		clients: samples[0].clients,
		rounds:  len(samples),
		value:   median(values),
		low:     values[0],
		high:    values[len(values)-1],
		allocs:  median(column(samples, func(s sample) float64 { return s.allocs })),
		wall:    median(column(samples, func(s sample) float64 { return s.wall })),
	}, true
}

// column returns one number of every sample, sorted.
func column(samples []sample, of func(sample) float64) []float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values
}

// median returns the middle of sorted values.
func median(sorted []float64) float64 {
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
