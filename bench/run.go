package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A run is one measurement of everything that was asked for.
type run struct {
	clients, rounds int
	seed            uint64
	storageBudget   time.Duration // of one storage subject in one round
	echoes          int           // of each active client in each round
	cluster         clusterSetup
	questions       []question
	whom            *regexp.Regexp // which subjects; nil for all
	progress        io.Writer

	rng      *rand.Rand
	backends *backends
	samples  map[answerKey][]sample

	roundNumber int      // from 1
	warnings    []string // of storages whose cache was slow or failed
}

// An answerKey says who answered what.
type answerKey struct{ question, subject string }

// A sample is the answer of one subject to one question in one round.
type sample struct {
	clients int
	value   float64 // in the unit of the question
	allocs  float64 // per operation; only storage has it
	wall    float64 // seconds per operation; 0 if time says nothing
	details []float64
}

// results are what a run found out.
type results struct {
	rounds  int
	answers []answer
	notes   []string // what could not be measured as asked
	skipped []string // subjects whose server is missing
}

// do measures every subject once a round. The order is new in each, so that
// what disturbs the machine for a while does not always meet the same subject.
func (r *run) do(ctx context.Context) (*results, error) {
	r.rng = newRand(r.seed)
	r.samples = make(map[answerKey][]sample)
	r.backends = &backends{}
	defer r.backends.stop()

	due := r.asked()
	res := &results{rounds: r.rounds, notes: r.limits(due)}
	for round := 1; round <= r.rounds; round++ {
		r.roundNumber = round
		r.rng.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
		begin := time.Now()
		var err error
		if due, err = r.round(ctx, due, res); err != nil {
			return nil, err
		}
		fmt.Fprintf(r.progress, "round %d of %d: %.1f s: %s\n", round, r.rounds, time.Since(begin).Seconds(), names(due))
	}
	res.answers = r.answers()
	res.notes = append(res.notes, r.warnings...)
	res.notes = append(res.notes, goalNotes(res.answers)...)
	return res, nil
}

// round measures the subjects in their order and returns those to go on with:
// all but those whose server is missing, which it notes.
func (r *run) round(ctx context.Context, due []subject, res *results) (rest []subject, err error) {
	for _, s := range due {
		err := r.measure(ctx, s)
		if err != nil && s.sockets != nil && ctx.Err() == nil {
			// A machine that stands still for some seconds is not the server's
			// fault, and a run is long.
			res.notes = append(res.notes, fmt.Sprintf("measured again: %s, round %d: %v", s.name, r.roundNumber, err))
			err = r.measure(ctx, s)
		}
		switch {
		case errors.Is(err, testserver.ErrMissing):
			res.notes = append(res.notes, fmt.Sprintf("skipped: %s: %v", s.name, err))
			res.skipped = append(res.skipped, s.name)
		case err != nil:
			return nil, fmt.Errorf("%s: %w", s.name, err)
		default:
			rest = append(rest, s)
		}
	}
	return rest, nil
}

func names(subjects []subject) string {
	var all []string
	for _, s := range subjects {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

// limits says what will not be measured as asked, and why.
func (r *run) limits(due []subject) (notes []string) {
	if !slices.ContainsFunc(due, func(s subject) bool { return s.sockets != nil }) {
		return nil
	}
	if most := maxSockets(); r.clients > most {
		notes = append(notes, fmt.Sprintf("the socket questions have %d clients instead of %d: %s", most, r.clients, whyMaxSockets))
	}
	if !canMeasureMemory && (r.asks(askIdle) || r.asks(askLeft)) {
		notes = append(notes, "skipped: "+askIdle+" and "+askLeft+": resident memory is measured on Linux only")
	}
	return notes
}

// asked returns the subjects that the selected questions are put to.
func (r *run) asked() []subject {
	return slices.DeleteFunc(slices.Clone(subjects), func(s subject) bool {
		return !slices.ContainsFunc(r.questions, s.isAsked) || r.whom != nil && !r.whom.MatchString(s.name)
	})
}

func (r *run) asks(name string) bool {
	return slices.ContainsFunc(r.questions, func(q question) bool { return q.name == name })
}

func (r *run) measure(ctx context.Context, s subject) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	switch s.kind() {
	case kindSockets:
		return r.measureSockets(ctx, s)
	case kindHeap:
		return r.measureHeap(ctx, s)
	case kindCluster:
		return r.measureCluster(ctx, s)
	case kindFollow:
		return r.measureFollow(ctx, s)
	default:
		return r.measureStorage(ctx, s)
	}
}

// record keeps a sample if its question was asked; some are only found out on
// the way to another.
func (r *run) record(question string, s subject, v sample) {
	if r.asks(question) {
		key := answerKey{question, s.name}
		r.samples[key] = append(r.samples[key], v)
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
